import type { Host } from '../loader/host';
import { complain, Refused } from './post';
import type { Session } from './session';
import { randomID } from './storage';
import { start } from './transport';
import type { PageEvent, Proactive, ServerFrame, Visited } from './wire';

/** What waits to be told, at most; then the oldest is forgotten. */
const most = 50;

type Told = Visited | PageEvent | Proactive;
type Unkeyed<T> = T extends unknown ? Omit<T, 'cid'> : never;

interface Waiting {
  readonly frame: Told;
  /** Called once the gateway has answered. */
  readonly done: (() => void) | undefined;
}

/**
 * What the page tells the bot. It waits in memory and goes one at a time when
 * nothing of the visitor's own waits: it holds no message back, and a gateway
 * that has heard too much of it for now slows nothing else.
 */
let waiting: readonly Waiting[] = [];
let inFlight: Waiting | undefined;
let pause: ReturnType<typeof setTimeout> | undefined;
/** The session that it goes by. */
let by: Session | undefined;

/** Connects, if there is no connection yet, and tells it as soon as can be; done is called once the gateway has it, or has refused it for good. */
export function tell(host: Host, told: Unkeyed<Told>, done?: () => void): void {
  waiting = [...waiting, { frame: { ...told, cid: randomID(12) }, done }].slice(-most);
  goOn(host);
}

/** Goes on by the present session with what waits. */
export function goOn(host: Host): void {
  if (waiting.length === 0) return;
  const session = start(host);
  if (session !== by) {
    by = session;
    inFlight = undefined;
    host.life.signal.addEventListener('abort', end);
    session.heard = (frame) => session === by && hear(host, frame);
    session.subscribe(flush);
  }
  flush();
}

/** Forgets what waits: with "visited" only that, whose page is there no more. */
export function forgetTold(kind?: 'visited'): void {
  waiting = waiting.filter(({ frame }) => kind && frame.t !== kind);
}

/** The chat is destroyed: nothing waits any more. */
function end(): void {
  forgetTold();
  clearTimeout(pause);
  pause = undefined;
}

/** Whether this trigger is told at the moment: its answer is on the way. */
export const isTelling = (trigger: string): boolean => inFlight?.frame.t === 'visited' && inFlight.frame.trigger === trigger;

function flush(): void {
  const state = by?.state;
  if (state?.connection.phase !== 'online') {
    // It waits again: the gateway takes the same once.
    inFlight = undefined;
    return;
  }
  const [first] = waiting;
  if (!first || inFlight || pause || !state.outbox.every((o) => o.acked ?? o.failed)) return;
  if (by?.say(first.frame)) inFlight = first;
}

/** Takes the gateway's answer to what is in flight. */
function hear(host: Host, frame: ServerFrame): boolean {
  if ((frame.t !== 'ack' && frame.t !== 'error') || !inFlight || frame.cid !== inFlight.frame.cid) return false;
  const told = inFlight;
  inFlight = undefined;
  const later = frame.t === 'error' && frame.retry_after;
  if (later) {
    pause = setTimeout(() => {
      pause = undefined;
      flush();
    }, later);
  } else {
    waiting = waiting.filter((w) => w !== told);
    told.done?.();
    // What else is told is no call of the page's.
    if (frame.t === 'error' && told.frame.t === 'event') complain(host, new Refused(frame.code, frame.text, 0));
    flush();
  }
  return true;
}
