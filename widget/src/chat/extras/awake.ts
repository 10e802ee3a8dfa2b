import type { Session } from '../session';

/** Milliseconds between two looks at the clock; after so many without one the machine, or the page, has slept. */
const look = 3000;
const slept = 9000;

const watched = new WeakSet<Session>();

/** From now on, the link is looked at when the machine wakes: who opens a laptop is told by no event, and timers go on where they stopped. */
export function awake(session: Session, signal: AbortSignal): void {
  if (watched.has(session)) return;
  watched.add(session);
  let last = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - last > slept && !document.hidden) session.wake();
    last = Date.now();
  }, look);
  signal.addEventListener('abort', () => clearInterval(watch));
}
