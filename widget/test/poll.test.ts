import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Link } from '../src/chat/link';
import { openPoll } from '../src/chat/poll';
import type { Exchange, ServerFrame } from '../src/chat/wire';

/** The gateway as a browser's fetch shows it: it holds an answer back as long as it is asked to, or for ever. */
class Gateway {
  silent = false;
  readonly asked: Exchange[] = [];
  readonly fetch = (_url: string, { body, signal }: { body: string; signal: AbortSignal }): Promise<Response> => {
    const exchange = JSON.parse(body) as Exchange;
    this.asked.push(exchange);
    return new Promise((done, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      if (!this.silent) setTimeout(() => done(Response.json({ frames: [{ t: 'pong' }] })), (exchange.wait ?? 0) * 1000);
    });
  };
}

describe('the fall-back', () => {
  let gateway: Gateway;
  let link: Link;
  let frames: ServerFrame[];
  const closed = vi.fn<(code?: number, after?: number) => void>();

  beforeEach(() => {
    vi.useFakeTimers();
    gateway = new Gateway();
    vi.stubGlobal('fetch', gateway.fetch);
    frames = [];
    closed.mockClear();
    link = openPoll('https://chat.example/v1/shop/frames', {
      hello: () => ({ t: 'hello', secret: 's' }),
      frame: (frame) => frames.push(frame),
      closed,
    });
  });
  afterEach(() => {
    link.close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('outlives many exchanges on one link', async () => {
    link.send({ t: 'ping' });
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(closed).not.toHaveBeenCalled();
    // One greets, one sends, and the others wait for news without a pause worth the name.
    expect(gateway.asked.filter((e) => !e.wait)).toHaveLength(2);
    expect(frames.length).toBeGreaterThan(20);
  });

  it('ends when an exchange is not answered 15 s after it should have been', async () => {
    await vi.advanceTimersByTimeAsync(1000);
    gateway.silent = true;
    await vi.advanceTimersByTimeAsync(25_000);
    expect(closed).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(41_000);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('says nothing more once it is closed', async () => {
    link.close();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(closed).not.toHaveBeenCalled();
    expect(frames).toEqual([]);
  });
});
