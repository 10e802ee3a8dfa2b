import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../src/panel/http';
import { Bridge, problem } from './bridge';

const url = 'https://chat.example/';

/** The first answer comes in parts, one each so many milliseconds, and has no end if the last is the empty one; then comes a whole one. */
function inParts(every: number, ...parts: string[]): () => number {
  let turns = 0;
  vi.stubGlobal('fetch', (_: string, { signal }: { signal: AbortSignal }) => {
    if (turns++ > 0) return Promise.resolve(Response.json({ again: true }));
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        // As in a browser, which has words of its own for it.
        signal.addEventListener('abort', () => stream.error(new DOMException('The user aborted a request.', 'AbortError')));
        parts.forEach((part, i) => setTimeout(() => part && stream.enqueue(new TextEncoder().encode(part)), i * every));
        if (parts.at(-1)) setTimeout(() => stream.close(), parts.length * every);
      },
    });
    return Promise.resolve(new Response(body, { headers: { 'Content-Type': 'application/json' } }));
  });
  return () => turns;
}

describe('asking', () => {
  let bridge: Bridge;
  beforeEach(() => {
    vi.useFakeTimers();
    bridge = new Bridge();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  /** Answers in turn; the last one again and again. */
  const answers = (...all: (() => Response | Error)[]): void => {
    let turn = 0;
    bridge.answer = () => (all[Math.min(turn++, all.length - 1)] as () => Response | Error)();
  };

  it('an act whose answer was lost is asked again under the same key', async () => {
    answers(() => new Error('network'), () => problem(503, 'unavailable'), () => Response.json({ done: true }));
    const answer = ask({ method: 'PATCH', url, key: 'k', body: { name: 'x' } });
    await vi.runAllTimersAsync();
    expect(await (await answer).json()).toEqual({ done: true });
    expect(bridge.asked.map((a) => a.key)).toEqual(['k', 'k', 'k']);
  });

  it('an act without a key is asked once', async () => {
    answers(() => new Error('network'));
    const failed = ask({ method: 'POST', url }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await failed).toMatchObject({ code: 'offline', status: 0 });
    expect(bridge.asked).toHaveLength(1);
  });

  it('what is refused is not asked again, and its code and sentence are told', async () => {
    answers(() => problem(422, 'bad_contact', 'This is no e-mail address.'));
    await expect(ask({ method: 'PATCH', url, key: 'k' })).rejects.toMatchObject({ code: 'bad_contact', status: 422, message: 'This is no e-mail address.' });
    expect(bridge.asked).toHaveLength(1);
  });

  it('waits as long as it is told', async () => {
    answers(() => problem(429, 'too_fast', '', { 'Retry-After': '7' }), () => Response.json({}));
    const answer = ask({ url });
    await vi.advanceTimersByTimeAsync(6_900);
    expect(bridge.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    await answer;
    expect(bridge.asked).toHaveLength(2);
  });

  it('gives up after some tries, with the last problem', async () => {
    answers(() => problem(503, 'unavailable'));
    const failed = ask({ url }).catch((error: unknown) => error);
    await vi.runAllTimersAsync();
    expect(await failed).toMatchObject({ code: 'unavailable' });
    expect(bridge.asked).toHaveLength(4);
  });

  it('an answer that is not the bridge’s is a problem too', async () => {
    answers(() => new Response('<h1>Bad gateway', { status: 500 }));
    await expect(ask({ url })).rejects.toMatchObject({ code: 'internal', status: 500 });
  });

  it('an answer that stops in the middle is none, and is asked for again', async () => {
    const turns = inParts(1000, '{"again', '');
    const answer = ask({ url });
    await vi.advanceTimersByTimeAsync(19_900);
    expect(turns()).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(turns()).toBe(2);
    expect(await (await answer).json()).toEqual({ again: true });
  });

  it('an answer that goes on coming may take its time', async () => {
    const turns = inParts(15_000, '{"long', '": "so', ' long"}');
    const answer = ask({ url });
    await vi.advanceTimersByTimeAsync(46_000);
    expect(turns()).toBe(1);
    expect(await (await answer).json()).toEqual({ long: 'so long' });
    expect((await answer).headers.get('Content-Type')).toBe('application/json');
  });

  it('who gives up in the middle of an answer is told so', async () => {
    const end = new AbortController();
    const turns = inParts(1000, '{"again', '');
    const failed = ask({ url, signal: end.signal }).then(() => 'an answer', (error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    end.abort(new Error('enough'));
    expect(await failed).toMatchObject({ message: 'enough' });
    await vi.runAllTimersAsync();
    expect(turns()).toBe(1);
  });

  it('who gives up is left alone', async () => {
    const end = new AbortController();
    answers(() => new Error('network'));
    const failed = ask({ url, signal: end.signal }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10);
    end.abort(new Error('enough'));
    expect(await failed).toMatchObject({ message: 'enough' });
    await vi.runAllTimersAsync();
    expect(bridge.asked).toHaveLength(1);
  });
});
