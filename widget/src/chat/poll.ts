import type { Link, LinkEvents } from './link';
import { openSocket } from './socket';
import { isServerFrame } from './parse';
import { ofTab } from './storage';
import { closeStop } from './stop';
import type { ClientFrame, Exchange, Knows, Resume, ServerFrame } from './wire';

/** Seconds that the gateway may hold an answer back; it allows no more. */
const wait = 25;
/** At least so many milliseconds from one question for news to the next. */
const shortest = 500;
/** So often a WebSocket is tried, in milliseconds: the network may be another one by now. */
export const tryBetter = 180_000;
/** At the earliest so many milliseconds after a page has begun. */
const soonest = 5000;
/** The place before the first entry: without one, the gateway does not hold an answer back. */
const start: Resume = { seq: 0, id: '' };

/**
 * The fall-back for networks that block WebSocket: the same frames over POST,
 * one request that waits for news and short ones for what is to be sent. The
 * body goes as text/plain, which spares a CORS preflight each time. Now and
 * then a WebSocket is tried beside it: one that brings a welcome takes its
 * place, and one that is blocked or swallowed has disturbed nothing.
 */
export function openPoll(endpoint: string, on: LinkEvents): Link {
  const abort = new AbortController();
  const { signal } = abort;
  /** The part that asks for news ends before the rest where a WebSocket takes over. */
  const news = new AbortController();
  let tried: Link | undefined;
  let better: Link | undefined;
  let waiting: ClientFrame[] = [];
  let sending = false;
  /** Ends the pause between two questions for news. */
  let goOn: (() => void) | undefined;
  let paused: ReturnType<typeof setTimeout> | undefined;
  let knows: Knows | undefined;

  /** Between two questions something may change that no frame says again. */
  const learn = (frame: ServerFrame): void => {
    if (frame.t === 'welcome') {
      const { seen, left = 0, flow } = frame;
      knows = { seen, left, flow };
    } else if (frame.t === 'read' || frame.t === 'left') {
      knows = { ...knows, [frame.t === 'read' ? 'seen' : 'left']: frame.seq };
    } else if (frame.t === 'flow') {
      const { t: _, ...flow } = frame;
      knows = { ...knows, flow };
    }
  };

  const end = (code?: number, after?: number): void => {
    if (signal.aborted) return;
    close();
    remember(false);
    on.closed(code, after);
  };
  /** The tab's next page need not find out again that WebSockets are blocked here. */
  const remember = (blocked: boolean): void => {
    ofTab(endpoint, 'via', blocked ? 'poll' : '');
    if (!blocked || !ofTab(endpoint, 'tried')) hasTried(blocked);
  };
  const hasTried = (blocked = true): void => void ofTab(endpoint, 'tried', blocked ? `${Date.now()}` : '');
  const close = (): void => {
    clearTimeout(timer);
    clearTimeout(paused);
    abort.abort();
    news.abort();
    tried?.close();
  };

  const exchange = async (frames: ClientFrame[], seconds: number, { signal: until } = abort): Promise<void> => {
    const hello = on.hello();
    // Old libraries have lists write themselves, as texts.
    Object.assign(frames, { toJSON: undefined });
    const body: Exchange = { hello: seconds > 0 ? { ...hello, resume: hello.resume ?? start } : hello, frames, wait: seconds };
    // They would make texts of the lists in it, too, and the gateway takes no such.
    if (!('toJSON' in [])) body.knows = knows;
    // An exchange that hangs is the end of the link; one that is over is none of its business.
    const limit = setTimeout(end, (seconds + 15) * 1000);
    try {
      const response = await fetch(`${endpoint}frames`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'text/plain' },
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        signal: until,
      });
      const answer: unknown = await response.json();
      for (const frame of framesOf(answer)) {
        if (until.aborted) return;
        learn(frame);
        on.frame(frame);
      }
      if (!response.ok) {
        const after = Number(response.headers.get('retry-after')) * 1000 || undefined;
        end(response.status === 403 ? closeStop : undefined, after);
      }
    } finally {
      clearTimeout(limit);
    }
  };

  // Short requests go one after the other: the gateway reads frames in order.
  const flush = async (): Promise<void> => {
    if (sending) return;
    sending = true;
    while (waiting.length > 0 && !signal.aborted) {
      const frames = waiting;
      waiting = [];
      await exchange(frames, 0);
    }
    sending = false;
    goOn?.();
  };

  const listen = async (): Promise<void> => {
    await exchange([], 0, news);
    if (!signal.aborted) remember(true);
    while (!news.signal.aborted) {
      const began = performance.now();
      await exchange([], wait, news);
      await new Promise<void>((done) => {
        goOn = done;
        paused = setTimeout(done, began + shortest - performance.now());
      });
    }
  };

  const socket = (): Link => {
    const link = openSocket(endpoint, {
      hello: () => on.hello(),
      frame(frame) {
        if (frame.t === 'welcome' && !better) {
          better = link;
          remember(false);
          clearTimeout(timer);
          news.abort();
          on.found();
        }
        if (better) on.frame(frame);
      },
      closed(code, after) {
        if (better) end(code, after);
      },
    });
    return link;
  };
  const tryOne = (): void => {
    timer = setTimeout(tryOne, tryBetter);
    hasTried();
    tried?.close();
    try {
      tried = socket();
    } catch {
      /* The page's policy knows no WebSocket. */
    }
  };
  // Whoever reads each page for less than that is tried one for, too. The clock may have been changed meanwhile.
  const since = Date.now() - (Number(ofTab(endpoint, 'tried')) || Date.now());
  let timer = setTimeout(tryOne, since < 0 ? tryBetter : Math.max(soonest, tryBetter - since));

  listen().catch(() => better ?? end());
  return {
    send(frame) {
      if (better) {
        better.send(frame);
        return;
      }
      waiting.push(frame);
      flush().catch(() => end());
    },
    close,
  };
}

/** The frames of a batch; a refused request's error as a frame. */
function framesOf(answer: unknown): ServerFrame[] {
  if (typeof answer !== 'object' || answer === null) return [];
  if ('frames' in answer && Array.isArray(answer.frames)) return answer.frames.filter(isServerFrame);
  const error: unknown = { t: 'error', text: '', ...answer };
  return isServerFrame(error) ? [error] : [];
}
