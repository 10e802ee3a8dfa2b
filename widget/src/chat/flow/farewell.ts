import type { Host } from '../../loader/host';
import { ask } from '../post';
import type { Session } from '../session';

/**
 * Says the ratings that wait, from a page that goes: its link goes with it, and mostly no page of the site comes after.
 * The request outlives the page. Should the next one say the same, the gateway takes it once.
 */
export function farewell(host: Host, session: Session): void {
  const frames = session.state.outbox.flatMap(({ frame, failed, acked }) => (frame.t === 'rate' && !failed && !acked ? [frame] : []));
  if (frames.length === 0) return;
  // Old libraries have lists write themselves, as texts, and the gateway takes no such.
  Object.assign(frames, { toJSON: undefined });
  // Nobody is on this page any more.
  const { page: _, ...hello } = session.helloFrame();
  ask(host, 'frames', { hello, frames }).catch(() => undefined);
}
