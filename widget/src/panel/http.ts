import { ApiProblem } from './problem';

/** How often a request is made at most, and how long each time the answer and each part of it may take, in milliseconds. */
const tries = 4;
const patience = 20_000;
/** The first wait between two tries and the longest, in milliseconds. */
const firstWait = 500;
const longestWait = 10_000;
/** Answers that another try may change (RFC 9110, section 15.6; RFC 6585, section 4). */
const passing = new Set([429, 502, 503, 504]);

export interface Asked {
  readonly method?: string;
  readonly url: string;
  readonly bearer?: string;
  readonly body?: unknown;
  /** Names an act, so that the bridge carries it out once, however often it is asked. */
  readonly key?: string;
  readonly signal?: AbortSignal | undefined;
}

/** A fresh name of an act; randomUUID is for secure contexts only. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Asks until there is an answer that lasts. Only what changes nothing, and what
 * has a key, is asked again; so nothing is ever done twice.
 */
export async function ask(asked: Asked): Promise<Response> {
  const again = (asked.method ?? 'GET') === 'GET' || asked.key !== undefined;
  for (let turn = 1; ; turn++) {
    const answer = await once(asked).catch((error: unknown) => lost(error, asked.signal));
    if (answer instanceof Response && answer.ok) return answer;
    const last = !again || turn === tries;
    if (answer instanceof Response && (last || !passing.has(answer.status))) throw await problem(answer);
    if (answer instanceof ApiProblem && last) throw answer;
    await pause(waitBefore(turn, answer), asked.signal);
  }
}

async function once({ method = 'GET', url, bearer, body, key, signal }: Asked): Promise<Response> {
  const headers: Record<string, string> = {};
  if (bearer) headers['Authorization'] = `Bearer ${bearer}`;
  if (key) headers['Idempotency-Key'] = key;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  const end = new AbortController();
  const stop = (): void => end.abort(signal?.reason);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => end.abort(new ApiProblem('timeout', 0)), patience);
  };
  wait();
  signal?.addEventListener('abort', stop);
  try {
    signal?.throwIfAborted();
    const answer = await fetch(url, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: end.signal,
      credentials: 'omit',
      cache: 'no-store',
    });
    if (!answer.body) return answer;
    // To its end: one that stops in the middle is none.
    const parts: BlobPart[] = [];
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      wait();
    }
    return new Response(new Blob(parts), answer);
  } catch (error) {
    // An answer that is given up in the middle fails in words of the browser's.
    end.signal.throwIfAborted();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** Who gave up himself gets his own reason; all else is a network that is not there. */
function lost(error: unknown, signal: AbortSignal | undefined): ApiProblem {
  if (signal?.aborted) throw error;
  return error instanceof ApiProblem ? error : new ApiProblem('offline', 0);
}

/** Reads an RFC 9457 problem; what stands before the bridge answers in other words. */
async function problem(answer: Response): Promise<ApiProblem> {
  const said = (await answer.json().catch(() => null)) as { code?: unknown; detail?: unknown } | null;
  const code = typeof said?.code === 'string' ? said.code : passing.has(answer.status) ? 'unavailable' : 'internal';
  return new ApiProblem(code, answer.status, typeof said?.detail === 'string' ? said.detail : '');
}

/** Longer each time, with a random part, so that many panels do not come back at once. */
function waitBefore(turn: number, answer: Response | ApiProblem): number {
  const told = answer instanceof Response ? Number(answer.headers.get('Retry-After')) * 1000 : 0;
  const own = firstWait * 2 ** (turn - 1) * (0.5 + Math.random());
  return Math.min(Math.max(own, told || 0), longestWait);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((go, fail) => {
    const stop = (): void => {
      clearTimeout(timer);
      fail(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      go();
    }, ms);
    signal?.addEventListener('abort', stop);
  });
}
