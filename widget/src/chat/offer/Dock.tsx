import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { useChat, useExtras } from '../ui/context';
import type { Item } from '../ui/view';
import { Form } from './Form';
import { forgetAnswered } from './kept';
import { openQuestion, quickReplies } from './offers';
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
  const quick = quickReplies(items);
  const question = openQuestion(items);
  useEffect(() => forgetAnswered(host.settings.site, items, question));
  // What is answered goes, and the focus is not to go with it. On a touch screen the keyboard would hide half of the messages.
  const onDone = (): void => {
    const place = matchMedia('(pointer: coarse)').matches ? '.window' : '.composer textarea';
    host.root.querySelector<HTMLElement>(place)?.focus({ preventScroll: true });
  };
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
      {question && <Form key={question.id} question={question} rare={rare} onDone={onDone} onFiles={onFiles} />}
    </div>
  );
}
