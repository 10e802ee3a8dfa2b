import type { Session } from '../session';
import type { About } from '../ui/Composer';
import type { Item } from '../ui/view';

/** Has the composer answer a message. */
export function answering(session: Session, item: Item): About {
  return { item, send: (text) => say(session, text, item.id) };
}

/** Has it change a message, under the word for that on its button. */
export function editing(session: Session, item: Item, save: string): About {
  const { id, cid } = item;
  return {
    item,
    save,
    send(text) {
      if (id) {
        if (text !== item.text) session.send({ t: 'edit', target: id, text });
        return;
      }
      // One that was refused has other words now: it is another message.
      if (cid) session.discard(cid);
      say(session, text, item.replyTo);
    },
  };
}

/** Says it as the answer to what is still there. */
function say(session: Session, text: string, to: string | undefined): void {
  const { messages, removed } = session.state.timeline;
  session.send({ t: 'message', text, ...(to && messages.some(({ id }) => id === to) && !removed.has(to) && { reply_to: to }) });
}
