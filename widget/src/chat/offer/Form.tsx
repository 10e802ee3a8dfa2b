import { h } from 'preact';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import { Many, One } from './Choice';
import { Field, isField } from './Field';
import type { FormProps, Say } from './Frame';
import type { Question } from './offers';
import { Place } from './Place';
import { Rating } from './Rating';

interface Props {
  readonly question: Question;
  readonly rare: Rare;
  /** Called when the answer is on its way. */
  readonly onDone: () => void;
  readonly onFiles: (files: Iterable<File>) => void;
}

/** The form of a question. A type that this widget does not know has none: its answer is written. */
export function Form({ question, rare, onDone, onFiles }: Props): VNode | null {
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
      return isField(ask) ? <Field {...all} /> : null;
  }
}

/** A file, by the way of all files. */
function OneFile({ question, rare, onFiles }: FormProps & Pick<Props, 'onFiles'>): VNode | null {
  const { site } = useChat().session.state;
  const input = useRef<HTMLInputElement>(null);
  if (site?.max_file_size === 0) return null;
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
