import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { ofTab } from '../storage';
import { useChat } from '../ui/context';
import type { Rated } from './check';

/** A word to a rating has at most so many characters. */
const mostWord = 500;

/** Stars count so many milliseconds after the last that was done with them, or when the page goes. */
const undecided = 5000;

/** A rating that was begun, as the tab keeps it. */
interface Begun {
  readonly closing: number;
  readonly score: number;
  readonly text: string;
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
  const going = session.state.outbox.findLast(({ frame, failed }) => frame.t === 'rate' && frame.closing === closing && !failed)?.frame;
  const said = going?.t === 'rate' ? going : rate;
  const [begun] = useState(() => kept(site, closing));
  const [changing, setChanging] = useState(!!begun.changing);
  const [score, setScore] = useState(begun.score);
  const [text, setText] = useState(begun.text ?? '');
  const box = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    // The button that was pressed for it is gone.
    if (changing) box.current?.querySelector<HTMLElement>('input:checked')?.focus();
  }, [changing]);
  /** The stars are given already, and the form stays for a word. */
  const [stays, setStays] = useState(false);
  const isSaid = said.score !== undefined && !changing && !stays;
  const gone = useRef<number | undefined>();
  const leaves = useRef((): void => undefined);
  leaves.current = () => {
    if (isSaid || instead || score === undefined || score === said.score || score === gone.current) return;
    gone.current = score;
    // A word that is half written is not sent.
    session.send({ t: 'rate', closing, score, ...(said.text && { text: said.text }) });
    setStays(true);
  };
  useEffect(() => {
    const rest = setTimeout(() => leaves.current(), undecided);
    return () => clearTimeout(rest);
  }, [score, text]);
  useEffect(() => {
    const life = new AbortController();
    const hidden = (): void => {
      if (document.hidden) leaves.current();
    };
    document.addEventListener('visibilitychange', hidden, life);
    // Where it is too late for the link, the next page sends it.
    addEventListener('pagehide', () => leaves.current(), { signal: life.signal, capture: true });
    return () => life.abort();
  }, []);
  useEffect(() => {
    const isMore = score !== said.score || text.trim() !== (said.text ?? '');
    keep(site, !isSaid && isMore && score !== undefined && { closing, score, text, changing: changing || stays });
  }, [site, closing, isSaid, said.score, said.text, score, text, changing, stays]);
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
        <legend>{words.rate}</legend>
        <div class={isStars ? 'scores' : 'scores thumbs'}>
          {scores.map((n) => (
            <label key={n} class={score !== undefined && (isStars ? n <= score : n === score) ? 'on' : ''}>
              <input type="radio" name="rate" class="sr" checked={n === score} onChange={() => setScore(n)} aria-label={spoken(n)} />
              <span aria-hidden="true">{isStars ? '★' : shown(n)}</span>
            </label>
          ))}
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
  try {
    const begun = Object(JSON.parse(ofTab(site, 'rate'))) as Partial<Begun>;
    return begun.closing === of ? begun : {};
  } catch {
    return {};
  }
}
