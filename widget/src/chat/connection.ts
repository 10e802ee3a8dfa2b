import { closeReconnect, closeStop } from './stop';

/**
 * The connection as a pure machine: step(state, input) gives the next state
 * and what is to be done. It has no clock, socket or random numbers inside.
 */
export interface Connection {
  readonly phase: 'idle' | 'connecting' | 'online' | 'waiting' | 'stopped';
  readonly via: 'socket' | 'poll';
  /** Failures in a row, for the back-off. */
  readonly attempt: number;
  /** WebSockets in a row that never came to a welcome; below 0 once a link was stable, and many where the fall-back worked. */
  readonly misses: number;
  /** Whether the page is visible: else the link is probed seldom. */
  readonly visible: boolean;
  /** The code of the error that came before the end, or before the present try to come back. */
  readonly reason: string | undefined;
}

export type Timer = 'retry' | 'welcome' | 'ping' | 'pong' | 'stable';

export type Input =
  | { type: 'start' }
  | { type: 'welcome' }
  /** The fall-back has found a WebSocket, and goes on by it. */
  | { type: 'found' }
  | { type: 'pong' }
  /** The link is gone: WebSocket close code, the code of a public error, milliseconds to wait. */
  | { type: 'closed'; code?: number | undefined; reason?: string | undefined; after?: number | undefined }
  | { type: 'timer'; timer: Timer }
  /** The network came back, the page was shown again, or the window was opened. */
  | { type: 'wake' }
  | { type: 'visible'; visible: boolean };

export type Effect =
  | { do: 'open'; via: Connection['via'] }
  | { do: 'close' | 'ping' }
  /** Without milliseconds, the timer no longer runs. */
  | { do: 'set'; timer: Timer; ms: number | undefined };

export type Step = readonly [Connection, readonly Effect[]];

export const idle: Connection = {
  phase: 'idle',
  via: 'socket',
  attempt: 0,
  misses: 0,
  visible: true,
  reason: undefined,
};

/** All times are in milliseconds. */
export const times = {
  firstRetry: 500,
  lastRetry: 30_000,
  /** A link that worked and is gone may be one of thousands, as when the bridge restarts: they come back spread over so long. */
  spread: 3000,
  welcome: 8000,
  /** A link that is silent is found within both together. */
  ping: 12_000,
  pong: 7_000,
  /**
   * Between two probes of a hidden page, which is to hear of an answer too: no script is told of the pings with
   * which the gateway finds out that a page is gone. They are about as many as those.
   */
  hidden: 25_000,
  /** Online for so long, the failures before are forgotten. */
  stable: 10_000,
  /** A visitor who was shut out, and looks at the page, asks so seldom whether that is over. */
  blocked: 60_000,
};

/** WebSockets that fail before the fall-back is tried; so many more where one has worked: then it is the bridge that restarts. */
const maxMisses = 2;
const trusted = 2;
/** Misses of WebSocket where the fall-back works: that is tried four times more when the bridge was away, some 10 s. */
const proven = maxMisses + 4;

/** Public errors after which coming back by itself is of no use. */
const final: ReadonlySet<string | undefined> = new Set(['unknown_site', 'bad_origin', 'bad_session']);

/** Shut out by the operators, who may take that back: no dialog until the next welcome, but not the end either. */
const isBlocked = (c: Connection): boolean => c.reason === 'blocked';

/** There is no dialog, and what was not sent will not go by itself. */
export const isOver = (c: Connection): boolean => c.phase === 'stopped' || isBlocked(c);

/** Exponential back-off with jitter: between a half and the whole of 0.5, 1, 2 … 30 s; random is in [0, 1). */
export function backoff(attempt: number, random: number): number {
  const full = Math.min(times.lastRetry, times.firstRetry * 2 ** attempt);
  return Math.max(times.firstRetry, full * (0.5 + random / 2));
}

export function step(c: Connection, input: Input, random: number): Step {
  if (c.phase === 'stopped' && !isBlocked(c)) return [c, []];
  switch (input.type) {
    case 'start':
      return open(c);
    case 'welcome':
      return welcome(c);
    case 'found':
      return [{ ...c, via: 'socket', misses: 0 }, [set('stable', times.stable)]];
    case 'pong':
      // Of a hidden page browsers run timers that were set by timers once a minute, but not what an answer sets.
      return [c, [set('pong'), nextProbe(c)]];
    case 'closed':
      return closed(c, input, random);
    case 'timer':
      return timer(c, input.timer, random);
    case 'wake':
      return wake(c);
    case 'visible': {
      const now: Connection = { ...c, visible: input.visible };
      return now.visible ? wake(now) : [now, [nextProbe(now)]];
    }
  }
}

function set(of: Timer, ms?: number): Effect {
  return { do: 'set', timer: of, ms };
}

function open(c: Connection): Step {
  return [
    { ...c, phase: 'connecting' },
    [
      set('retry'),
      { do: 'open', via: c.via },
      set('welcome', times.welcome),
    ],
  ];
}

function welcome(c: Connection): Step {
  if (c.phase !== 'connecting') return [c, []];
  return [
    { ...c, phase: 'online', reason: undefined },
    [
      set('welcome'),
      set('stable', times.stable),
      nextProbe(c),
    ],
  ];
}

const quiet = (['welcome', 'ping', 'pong', 'stable'] as const).map((name) => set(name));

function closed(c: Connection, input: Omit<Extract<Input, { type: 'closed' }>, 'type'>, random: number): Step {
  const ends = input.code === closeStop;
  // A visitor who is shut out, and asks on a bad line, is not let in.
  const reason = input.reason ?? (!ends && isBlocked(c) ? c.reason : undefined);
  const next: Connection = { ...c, phase: 'stopped', reason };
  if (isBlocked(next)) return [next, [...quiet, set('retry', times.blocked)]];
  if (ends || final.has(reason)) return [next, [...quiet, set('retry')]];
  if (c.phase !== 'connecting' && c.phase !== 'online') return [c, []];
  const opened = c.phase === 'online';
  // Where the fall-back fails too, it was not WebSocket that was blocked: count anew, unless it had worked. A
  // WebSocket that is let in and cut before it was stable, time and again, is blocked as well.
  const left = c.misses > maxMisses ? c.misses - 1 : 0;
  const misses = c.via === 'poll' ? (opened ? proven : left) : (opened && !c.attempt) || input.code === closeReconnect ? c.misses : c.misses + 1;
  const via = misses < maxMisses ? 'socket' : 'poll';
  return [
    { ...c, phase: 'waiting', via, misses, attempt: c.attempt + 1, reason },
    [...quiet, set('retry', Math.max(input.after ?? 0, backoff(c.attempt, random) + (opened ? random * times.spread : 0)))],
  ];
}

function timer(c: Connection, name: Timer, random: number): Step {
  switch (name) {
    case 'retry':
      return c.phase === 'waiting' || (c.phase === 'stopped' && c.visible) ? open(c) : [c, []];
    case 'welcome':
      // What refuses says so at once, and may be a moment's; what swallows a WebSocket costs such a wait each time.
      return lost({ ...c, misses: c.via === 'poll' ? c.misses : maxMisses - 1 }, random);
    case 'pong':
      return lost(c, random);
    case 'ping':
      return probe(c);
    case 'stable':
      return [{ ...c, attempt: 0, misses: -trusted }, []];
  }
}

/** Sets when the link is probed next. */
const nextProbe = ({ visible }: Connection): Effect => set('ping', visible ? times.ping : times.hidden);

function probe(c: Connection): Step {
  return [c, c.phase === 'online' ? [{ do: 'ping' }, set('pong', times.pong)] : []];
}

function lost(c: Connection, random: number): Step {
  const [next, effects] = closed(c, {}, random);
  return [next, next === c ? [] : [{ do: 'close' }, ...effects]];
}

function wake(c: Connection): Step {
  return c.phase === 'waiting' || c.phase === 'stopped' ? open(c) : probe(c);
}
