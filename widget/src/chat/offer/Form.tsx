import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { pinPath } from '../extras/icons';
import { useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import type { Location } from '../wire';
import { Field, isField } from './Field';
import { starPath } from './icons';
import type { Question } from './offers';

interface Props {
  readonly question: Question;
  readonly rare: Rare;
  /** Called when the answer is on its way. */
  readonly onDone: () => void;
  readonly onFiles: (files: Iterable<File>) => void;
}

/** Says the answer: as people read it, as a machine reads it, or a place. */
export type Say = (text: string, value?: string, location?: Location) => void;

/** What each form needs. */
export interface FormProps {
  readonly question: Question;
  readonly rare: Rare;
  readonly say: Say;
}

/** The form of a question. A type that this widget does not know has none: its answer is written. */
export function Form({ question, rare, onDone, onFiles }: Props): VNode | undefined {
  const { session } = useChat();
  const say: Say = (text, value, location) => {
    const answer = { entry: question.id, ...(value !== undefined && { value }) };
    session.send({ t: 'message', ...(text && { text }), answer, ...(location && { location }) });
    onDone();
  };
  const { ask } = question;
  const all = { question, rare, say };
  switch (ask.type) {
    case 'choice':
      return ask.many ? <Many {...all} /> : <One {...all} />;
    case 'rating':
      return <Rating {...all} />;
    case 'location':
      return <Place {...all} />;
    case 'file':
      return <OneFile {...all} onFiles={onFiles} />;
    default:
      return isField(ask) ? <Field {...all} /> : undefined;
  }
}

/** The words of the button that stands at the end of each form. */
function Sent({ empty }: { readonly empty: boolean }): VNode {
  return (
    <button type="submit" class={`go ${empty ? 'empty' : ''}`}>
      {useChat().strings.send}
    </button>
  );
}

interface FrameProps {
  readonly question: Question;
  readonly onSubmit: () => void;
  /** True if there is nothing to send yet. */
  readonly empty: boolean;
  readonly children: ComponentChildren;
}

/** A form with its button, named by its question. */
export function Frame({ question, onSubmit, empty, children }: FrameProps): VNode {
  return (
    <form
      class="ask"
      noValidate
      aria-label={question.text}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
      <Sent empty={empty} />
    </form>
  );
}

/** One of several: a button each. */
function One({ question, say }: FormProps): VNode {
  return (
    <div class="replies" role="group" aria-label={question.text}>
      {question.ask.choices?.map((choice, i) => (
        <button key={i} type="button" class="press" dir="auto" onClick={() => say(choice, String(i))}>
          {choice}
        </button>
      ))}
    </div>
  );
}

/** Any number of several: a box to tick each. */
function Many({ question, say }: FormProps): VNode {
  const [taken, setTaken] = useState<ReadonlySet<number>>(new Set());
  const choices = question.ask.choices ?? [];
  const toggle = (i: number): void => {
    const next = new Set(taken);
    if (!next.delete(i)) next.add(i);
    setTaken(next);
  };
  const send = (): void => {
    const places = [...taken].toSorted((a, b) => a - b);
    if (places.length > 0) say(places.map((i) => choices[i]).join(', '), places.join(','));
  };
  return (
    <Frame question={question} onSubmit={send} empty={taken.size === 0}>
      <fieldset class="boxes">
        <legend class="sr">{question.text}</legend>
        {choices.map((choice, i) => (
          <label key={i} class="box">
            <input type="checkbox" checked={taken.has(i)} onChange={() => toggle(i)} />
            <span dir="auto">{choice}</span>
          </label>
        ))}
      </fieldset>
    </Frame>
  );
}

/** The highest rating: what the question says, within reason. */
function highest(max: string | undefined): number {
  return Math.min(10, Math.max(2, Math.round(Number(max)) || 5));
}

/** Stars; a group of radio buttons, which arrow keys move through. */
function Rating({ question, rare, say }: FormProps): VNode {
  const [chosen, setChosen] = useState(0);
  const [under, setUnder] = useState(0);
  const max = highest(question.ask.max);
  const shown = under || chosen;
  const send = (): void => {
    if (chosen) say(`${'★'.repeat(chosen)}${'☆'.repeat(max - chosen)} ${chosen}/${max}`, String(chosen));
  };
  return (
    <Frame question={question} onSubmit={send} empty={!chosen}>
      <fieldset class="stars" onPointerLeave={() => setUnder(0)}>
        <legend class="sr">{question.text}</legend>
        {Array.from({ length: max }, (_, i) => i + 1).map((n) => (
          <label key={n} class={n <= shown ? 'on' : ''} onPointerEnter={(event) => setUnder(event.pointerType === 'mouse' ? n : 0)}>
            <input
              type="radio"
              class="sr"
              name={`rating-${question.id}`}
              aria-label={rare.offer.stars(n, max)}
              checked={n === chosen}
              onChange={() => setChosen(n)}
            />
            <Icon path={starPath} />
          </label>
        ))}
      </fieldset>
    </Frame>
  );
}

/** A place takes so long at most, and may be so old, in milliseconds. */
const locating = { timeout: 20_000, maximumAge: 60_000 };

/** Where the visitor is: the browser asks for consent, after the press and not before. */
function Place({ question, rare, say }: FormProps): VNode {
  const [state, setState] = useState<'' | 'asking' | 'unknown'>('');
  // It may come when the question is answered otherwise.
  const here = useRef(true);
  useEffect(
    () => () => {
      here.current = false;
    },
    [],
  );
  const tell = (): void => {
    setState('asking');
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude } }) => here.current && say('', undefined, { latitude, longitude }),
      () => here.current && setState('unknown'),
      locating,
    );
  };
  return (
    <div class="ask" role="group" aria-label={question.text}>
      <button type="button" class="press" aria-disabled={state === 'asking'} onClick={() => state !== 'asking' && tell()}>
        <Icon path={pinPath} />
        {state === 'asking' ? rare.offer.locating : rare.offer.share}
      </button>
      <div class="fault" role="alert">
        {state === 'unknown' && rare.offer.unlocated}
      </div>
    </div>
  );
}

/** A file, by the way of all files. */
function OneFile({ question, rare, onFiles }: FormProps & Pick<Props, 'onFiles'>): VNode | undefined {
  const { site } = useChat().session.state;
  const input = useRef<HTMLInputElement>(null);
  if (site?.max_file_size === 0) return undefined;
  return (
    <div class="replies" role="group" aria-label={question.text}>
      <button
        type="button"
        class="press"
        onClick={() => {
          // What files need is fetched while the visitor chooses.
          onFiles([]);
          input.current?.click();
        }}
      >
        <Icon name="clip" />
        {rare.offer.file}
      </button>
      <input
        type="file"
        hidden
        ref={input}
        accept={site?.file_types?.join(',') ?? ''}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
