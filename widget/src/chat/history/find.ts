import type { EntryID } from '../entry';
import type { Session } from '../session';
import type { State } from '../state';
import { sentence, useChat } from '../ui/context';
import { ownTask } from '../ui/task';
import { reveal } from './long';

/** Resolves with the session's next state that fits. */
async function next(session: Session, fits: (state: State) => boolean): Promise<State> {
  return new Promise((done) => {
    const stop = session.subscribe(() => {
      const { state } = session;
      if (!fits(state)) return;
      stop();
      done(state);
    });
  });
}

/** Shows a message, wherever in the dialog it is: older pages are loaded until it is here. Says so where it is not to be had. */
export async function find(id: EntryID, show: (target: HTMLElement) => void): Promise<void> {
  const { session, host, strings, rare, notify } = useChat();
  for (;;) {
    const { timeline, connection } = session.state;
    if (timeline.messages.some((entry) => entry.id === id)) break;
    if (!timeline.more) {
      if (timeline.last) notify(sentence(await rare.get(), 'unknown_target'));
      return;
    }
    if (connection.phase !== 'online') {
      notify(strings.offline);
      return;
    }
    session.older();
    // A refusal is told by the window itself.
    const now = await next(session, (s) => s.timeline.first !== timeline.first || s.timeline.more !== timeline.more || s.connection.phase !== 'online' || !!s.refused);
    if (now.refused) return;
  }
  // What has just come is drawn in a task of its own.
  await ownTask();
  const target = host.root.getElementById(`m-${id}`);
  if (target) show(target);
  else reveal(id, show);
}
