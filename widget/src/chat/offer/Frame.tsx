import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import type { Rare } from '../../i18n/strings';
import { useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import type { Location } from '../entry';
import type { Question } from './offers';

/** Says the answer: as people read it, as a machine reads it, or a place. */
export type Say = (text: string, value?: string, location?: Location) => void;

/** What each form needs. */
export interface FormProps {
  readonly question: Question;
  readonly rare: Rare;
  readonly say: Say;
}

interface FrameProps {
  readonly question: Question;
  readonly onSubmit: () => void;
  /** Beside a field there is no room for a word in the button. */
  readonly narrow?: boolean;
  /** True if there is nothing to send yet. */
  readonly empty: boolean;
  readonly children: ComponentChildren;
}

/** A form with its button, named by its question. */
export function Frame({ question, onSubmit, narrow, empty, children }: FrameProps): VNode {
  const { strings } = useChat();
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
      <button type="submit" class={`go ${empty ? 'empty' : ''}`} aria-label={strings.send}>
        {narrow ? <Icon name="send" /> : strings.send}
      </button>
    </form>
  );
}
