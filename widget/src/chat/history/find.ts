import type { EntryID } from '../entry';
import type { Session } from '../session';
import type { State } from '../state';
import { sentence, useChat } from '../ui/context';
import { ownTask } from '../ui/task';
import { reveal } from './long';

/** Resolves with the session's next state that fits, or with the present one once the search has ended. */
async function next(session: Session, signal: AbortSignal, fits: (state: State) => boolean): Promise<State> {
  return new Promise((done) => {
    const end = (): void => {
      stop();
      done(session.state);
    };
    const stop = session.subscribe(() => fits(session.state) && end());
    signal.addEventListener('abort', end);
  });
}

/** Keys that do nothing by themselves: a screen reader falls silent at one of them. */
const idle = new Set(['Alt', 'Control', 'Meta', 'Shift', 'Tab']);

/** Has all that the visitor does in the window, but with the button that a search began with, end it: the view is not to be taken from who went on. */
function untilDone(root: ShadowRoot, from: HTMLElement, search: AbortController): void {
  const act = (event: Event): void => {
    const key = 'key' in event ? (event.key as string) : '';
    const isPress = event.type === 'pointerdown' || key === 'Enter' || key === ' ';
    if (key === 'Escape') {
      // The window stays.
      event.preventDefault();
      event.stopPropagation();
    }
    if (!idle.has(key) && !(isPress && event.composedPath().includes(from))) search.abort();
  };
  for (const type of ['input', 'keydown', 'pointerdown', 'wheel']) root.addEventListener(type, act, { capture: true, passive: type !== 'keydown', signal: search.signal });
}

/**
 * Shows a message, wherever in the dialog it is: older pages are loaded until it is here. Says so
 * where it is not to be had. It began with the press of a button, and ends with its search.
 */
export async function find(id: EntryID, from: HTMLElement, search: AbortController, show: (target: HTMLElement) => void): Promise<void> {
  const { session, host, strings, rare, notify } = useChat();
  const { signal } = search;
  untilDone(host.root, from, search);
  for (;;) {
    // It may have ended while this was loaded.
    if (signal.aborted) return;
    const { timeline, connection } = session.state;
    if (timeline.messages.some((entry) => entry.id === id)) break;
    if (!timeline.more) {
      search.abort();
      if (timeline.last) notify(sentence(await rare.get(), 'unknown_target'));
      return;
    }
    if (connection.phase !== 'online') {
      search.abort();
      notify(strings.offline);
      return;
    }
    session.older();
    const now = await next(session, signal, (s) => s.timeline.first !== timeline.first || s.timeline.more !== timeline.more || s.connection.phase !== 'online' || !!s.refused);
    // A refusal is told by the window itself.
    if (now.refused) search.abort();
  }
  // What has just come is drawn in a task of its own.
  await ownTask();
  const found = (target: HTMLElement): void => {
    if (signal.aborted) return;
    search.abort();
    show(target);
  };
  const target = host.root.getElementById(`m-${id}`);
  if (target) found(target);
  else reveal(id, found);
}
