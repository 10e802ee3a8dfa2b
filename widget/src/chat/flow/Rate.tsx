import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { trimmed } from '../blank';
import { goWrite, useStay } from '../extras/stay';
import { ofTab } from '../storage';
import { useChat } from '../ui/context';
import type { Rated } from './check';
import { farewell } from './farewell';

/** A word to a rating has at most so many characters. */
const mostWord = 500;

/** Stars count so many milliseconds after the last that was done with them, or when the visitor goes on to something else. */
const undecided = 5000;

/** A rating that was begun, as the tab keeps it. */
interface Begun {
  readonly closing: number;
  readonly score: number;
  readonly text: string;
  /** The word is not what was sent. */
  readonly unsaid: boolean;
  /** Another one was given before. */
  readonly changing: boolean;
}

interface Props {
  readonly rate: Rated;
  readonly rare: Rare;
  /** Done in place of sending it. */
  readonly instead: (() => void) | undefined;
}

/**
 * Asks how it was, once for each closing; what was said can be changed until the talk goes on. Most press a star and go:
 * that counts by itself. What else was begun is the tab's, and stays over a reload.
 */
export function Rate({ rate, rare, instead }: Props): VNode {
  const { session, host } = useChat();
  const { site } = host.settings;
  const { closing } = rate;
  const words = rare.flow;
  const { outbox, flow } = session.state;
  const going = outbox.findLast(({ frame, failed }) => frame.t === 'rate' && frame.closing === closing && !failed);
  // Once it is acknowledged it stands until the bridge says what stands now: another tab may have said something since.
  const stood = useRef(flow);
  if (!going?.acked) stood.current = flow;
  const said = going?.frame.t === 'rate' && stood.current === flow ? going.frame : rate;
  const [begun] = useState(() => kept(site, closing));
  const [changing, setChanging] = useState(!!begun.changing);
  const [score, setScore] = useState(begun.score);
  const [text, setText] = useState(begun.text ?? '');
  const box = useRef<HTMLFormElement>(null);
  // The dialog may be opened again, by anybody, while the visitor writes here.
  useStay(goWrite);
  const pressed = useRef(false);
  useLayoutEffect(() => {
    // The button that was pressed for it is gone.
    if (pressed.current) box.current?.querySelector<HTMLElement>('input:checked')?.focus();
    pressed.current = false;
  }, [changing]);
  /** The stars are given already, and the form stays for a word. */
  const [stays, setStays] = useState(false);
  const isSaid = said.score !== undefined && !changing && !stays;
  const unsaid = text.trim() !== (said.text ?? '');
  /** The stars that need not be given: what the tab's last page had has gone by itself. */
  const gone = useRef(begun.score);
  const counts = useRef((): void => undefined);
  counts.current = () => {
    if (isSaid || instead || score === undefined || score === said.score || score === gone.current) return;
    gone.current = score;
    // A word that is half written is not sent.
    session.send({ t: 'rate', closing, score, ...(said.text && { text: said.text }) });
    setStays(true);
    keep(site, unsaid && { closing, score, text, unsaid, changing: true });
  };
  useEffect(() => {
    const timer = setTimeout(() => {
      // By keys one comes to the last star only past the others.
      if (!box.current?.querySelector('input:focus-visible')) counts.current();
    }, undecided);
    return () => clearTimeout(timer);
  }, [score, text]);
  useEffect(() => {
    const life = new AbortController();
    document.addEventListener('visibilitychange', () => document.hidden && counts.current(), life);
    addEventListener('pagehide', () => {
      counts.current();
      farewell(host, session);
    }, { signal: life.signal, capture: true });
    // Whoever goes on to the field for messages: after one of them it would be too late.
    host.root.addEventListener('focusin', ({ target }) => box.current?.contains(target as Node) || counts.current(), life);
    return () => life.abort();
  }, [host, session]);
  useEffect(() => {
    const isMore = score !== said.score || unsaid;
    keep(site, !isSaid && isMore && score !== undefined && { closing, score, text, unsaid, changing: changing || stays });
  }, [site, closing, isSaid, said.score, unsaid, score, text, changing, stays]);
  const isStars = rate.of > 1;
  const shown = (n: number): string => (isStars ? '★'.repeat(n) + '☆'.repeat(rate.of - n) : n ? '👍' : '👎');
  const spoken = (n: number): string => (isStars ? rare.offer.stars(n, rate.of) : n ? words.good : words.bad);
  if (isSaid) {
    return (
      <p class="rated" role="status">
        {words.thanks}{' '}
        <span role="img" aria-label={spoken(said.score)}>
          {shown(said.score)}
        </span>
        <button
          type="button"
          class="link"
          onClick={() => {
            setScore(said.score);
            setText(said.text ?? '');
            pressed.current = true;
            setChanging(true);
          }}
        >
          {words.change}
        </button>
      </p>
    );
  }
  const send = (): void => {
    if (score === undefined) return;
    const word = text.trim();
    gone.current = score;
    if (instead) instead();
    else if (score !== said.score || word !== (said.text ?? '')) session.send({ t: 'rate', closing, score, ...(word && { text: word }) });
    setChanging(false);
    setStays(false);
    box.current?.closest<HTMLElement>('.window')?.focus({ preventScroll: true });
  };
  const scores = isStars ? Array.from({ length: rate.of }, (_, i) => i + 1) : [1, 0];
  return (
    <form
      class="rate"
      aria-label={words.rate}
      ref={box}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <fieldset>
        <legend>{stays ? words.thanks : words.rate}</legend>
        <p class="sr" role="status">
          {stays && words.thanks}
        </p>
        <div class={isStars ? 'scores' : 'scores thumbs'}>
          {scores.map((n) => {
            const on = score !== undefined && (isStars ? n <= score : n === score);
            return (
              <label key={n} class={on ? 'on' : ''}>
                <input type="radio" name="rate" class="sr" checked={n === score} onChange={() => setScore(n)} aria-label={spoken(n)} />
                {/* Who tells no colours apart sees by their form which are given. */}
                <span aria-hidden="true">{isStars ? (on ? '★' : '☆') : shown(n)}</span>
              </label>
            );
          })}
        </div>
      </fieldset>
      {score !== undefined && (
        <div class="field">
          <label for="rate-word">
            {words.word} <i>{words.optional}</i>
          </label>
          <textarea id="rate-word" rows={2} dir="auto" maxLength={mostWord} value={text} onInput={(event) => setText(event.currentTarget.value)} />
          <button type="submit" class="main">
            {words.send}
          </button>
        </div>
      )}
    </form>
  );
}

function keep(site: string, begun: Begun | false): void {
  ofTab(site, 'rate', begun ? JSON.stringify(begun) : '');
}

/** What this tab has of the rating from before. */
function kept(site: string, of: number): Partial<Begun> {
  const begun = tabs(site);
  return begun.closing === of ? begun : {};
}

/** The word that was written to a rating which is not asked for any more, and was not sent; it is kept no longer. */
export function leftWord(site: string, asked: number | undefined): string {
  const { closing, unsaid, text } = tabs(site);
  if (closing === undefined || closing === asked) return '';
  ofTab(site, 'rate', '');
  return unsaid ? trimmed(String(text)) : '';
}

function tabs(site: string): Partial<Begun> {
  try {
    return Object(JSON.parse(ofTab(site, 'rate'))) as Partial<Begun>;
  } catch {
    return {};
  }
}
