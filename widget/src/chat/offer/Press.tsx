import { h } from 'preact';
import type { VNode } from 'preact';
import { comma } from '../comma';
import { useChat, useExtras } from '../ui/context';
import { Icon } from '../ui/icons';
import type { Button, EntryID } from '../entry';
import { outPath } from './icons';
import { press } from './offers';

interface Props {
  readonly id: EntryID;
  /** See Answer.button. */
  readonly place: number;
  readonly button: Button;
  /** True if it was pressed before. */
  readonly taken: boolean;
  /** Called after the press. */
  readonly onDone?: () => void;
}

/** One button of an offer: pressed, it says its words; with a URL it is a link. Other URLs than safe ones are left out. */
export function Press({ id, place, button, taken, onDone }: Props): VNode | null {
  const { session, strings } = useChat();
  const extras = useExtras(true);
  const { text, url } = button;
  if (!extras) return null;
  const words = extras.rare.offer;
  if (url !== undefined) {
    const href = extras.safeURL(url);
    if (!href) return null;
    const opened = extras.opening(href);
    return (
      <a class="press" dir="auto" aria-label={opened.target && text + comma(strings.tag) + words.newTab} {...opened}>
        {text}
        {opened.target && <Icon path={outPath} />}
      </a>
    );
  }
  return (
    <button
      type="button"
      class={`press ${taken ? 'taken' : ''}`}
      dir="auto"
      aria-label={taken ? text + comma(strings.tag) + words.taken : undefined}
      disabled={session.state.connection.phase === 'stopped'}
      onClick={() => {
        press(session, id, place, button);
        onDone?.();
      }}
    >
      {taken && <Icon name="sent" />}
      {text}
    </button>
  );
}

interface PressesProps {
  readonly id: EntryID;
  readonly buttons: readonly Button[];
  /** The place of the first of them, see Answer.button. */
  readonly first: number;
  readonly taken: ReadonlySet<number | undefined>;
}

/** The buttons of a message or a card. */
export function Presses({ id, buttons, first, taken }: PressesProps): VNode {
  return (
    <div class="buttons">
      {buttons.map((button, i) => {
        const place = first + i;
        return <Press key={place} id={id} place={place} button={button} taken={taken.has(place)} />;
      })}
    </div>
  );
}
