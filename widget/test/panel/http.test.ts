import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from '../../src/panel/http';
import { Bridge, problem } from './bridge';

const url = 'https://chat.example/';

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
