import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { useComeback } from '../extras/comeback';
import { intoField } from '../extras/field';
import { goWrite, useStay } from '../extras/stay';
import { useChat, useExtras } from '../ui/context';
import type { Item } from '../ui/view';
import { isWritten } from './Field';
import { Form } from './Form';
import { forgetAnswered } from './kept';
import { offerOf, openQuestion, quickReplies } from './offers';
import { Press } from './Press';

export interface DockProps {
  readonly items: readonly Item[];
  readonly onFiles: (files: Iterable<File>) => void;
}

/**
 * Above the composer: the quick replies, and the form of the question that
 * waits. Outside of the log, which would read all of it out; and the composer
 * stays, because free text is always an answer.
 */
export function Dock({ items, onFiles }: DockProps): VNode | null {
  const { host, session } = useChat();
  const extras = useExtras(true);
  const comeback = useComeback();
  const quick = quickReplies(items);
  const question = openQuestion(items);
  useEffect(() => {
    const left = forgetAnswered(host.settings.site, items, question);
    const ask = left && offerOf(left.item)?.ask;
    // An operator spoke in the middle of a word, or the bot asked something else.
    if (ask && isWritten(ask)) intoField(host.root, left.value);
  });
  // What is answered goes, and the focus is not to go with it.
  const onDone = (): void => goWrite(host.root);
  if (!extras || (!quick && !question) || session.state.connection.phase === 'stopped') return null;
  const { rare } = extras;
  return (
    <div class="dock">
      {quick && (
        <div class="replies" role="group" aria-label={rare.offer.replies}>
          {quick.buttons.map((button, i) => {
            const place = i;
            return <Press key={place} id={quick.id} place={place} button={button} taken={false} onDone={onDone} />;
          })}
        </div>
      )}
      {question && <Form key={`${question.id} ${comeback}`} question={question} rare={rare} onDone={onDone} onFiles={onFiles} />}
      <Stay key={`${quick?.id} ${question?.id}`} />
    </div>
  );
}

/** Goes with what is asked, as when somebody else speaks. It is the last one, so that the focus is still there. */
function Stay(): null {
  useStay((root, from) => {
    // The keyboard of who was writing is open already.
    if (from.matches('textarea, input:not([type=checkbox], [type=radio])')) root.querySelector<HTMLElement>('.composer textarea')?.focus({ preventScroll: true });
    else goWrite(root);
  });
  return null;
}
