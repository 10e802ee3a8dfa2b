import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Link } from '../src/chat/link';
import { openPoll, tryBetter } from '../src/chat/poll';
import { Socket } from './socket';
import type { Exchange, ServerFrame } from '../src/chat/wire';

/** The gateway as a browser's fetch shows it: it holds an answer back as long as it is asked to, or for ever. */
class Gateway {
  silent = false;
  says: readonly ServerFrame[] = [{ t: 'pong' }];
  readonly asked: Exchange[] = [];
  readonly fetch = (_url: string, { body, signal }: { body: string; signal: AbortSignal }): Promise<Response> => {
    const exchange = JSON.parse(body) as Exchange;
    this.asked.push(exchange);
    return new Promise((done, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      if (!this.silent) setTimeout(() => done(Response.json({ frames: this.says })), (exchange.wait ?? 0) * 1000);
    });
  };
}

const welcome: ServerFrame = { t: 'welcome', site: { name: 's', max_length: 9, max_file_size: 0 }, seq: 0, entries: [], read: 0, seen: 0 };

describe('the fall-back', () => {
  let gateway: Gateway;
  let link: Link;
  let frames: ServerFrame[];
  const closed = vi.fn<(code?: number, after?: number) => void>();
  const found = vi.fn<() => void>();

  beforeEach(() => {
    vi.useFakeTimers();
    gateway = new Gateway();
    vi.stubGlobal('fetch', gateway.fetch);
    Socket.all.length = 0;
    vi.stubGlobal('WebSocket', Socket);
    frames = [];
    closed.mockClear();
    found.mockClear();
    link = openPoll('https://chat.example/v1/shop/', {
      hello: () => ({ t: 'hello', secret: 's' }),
      frame: (frame) => frames.push(frame),
      found,
      closed,
    });
  });
  afterEach(() => {
    link.close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('comes back where the visitor was erased, and stays away where it is not wanted', async () => {
    for (const [status, code] of [[410, undefined], [403, 4001]] as const) {
      const refused = vi.fn<(code?: number, after?: number) => void>();
      vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ code: 'gone' }, { status })));
      const other = openPoll('https://chat.example/v1/shop/', { hello: () => ({ t: 'hello', secret: 's' }), frame() {}, found, closed: refused });
      await vi.advanceTimersByTimeAsync(100);
      expect(refused.mock.calls).toEqual([[code, undefined]]);
      other.close();
    }
  });

  it('sends lists also where an old library has them write themselves', async () => {
    const { prototype } = Array as { prototype: { toJSON?: () => string } };
    prototype.toJSON = () => '[]';
    try {
      link.send({ t: 'ping' });
      await vi.advanceTimersByTimeAsync(100);
    } finally {
      delete prototype.toJSON;
    }
    expect(gateway.asked.map((e) => e.frames)).toContainEqual([{ t: 'ping' }]);
  });

  it('says what it was told beside the entries, so that what changes between two questions is answered at once', async () => {
    const { t: _, ...flow } = { t: 'flow', called: true } as const;
    gateway.says = [{ ...welcome, seen: 1, flow: { person: true } }, { t: 'read', seq: 2 }, { t: 'flow', called: true } as ServerFrame];
    await vi.advanceTimersByTimeAsync(100);
    expect(gateway.asked.at(-1)?.knows).toEqual({ seen: 2, left: 0, flow });
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

  it('is not disturbed by WebSockets that are tried beside it and swallowed, or forbidden', async () => {
    await vi.advanceTimersByTimeAsync(2.5 * tryBetter);
    expect(Socket.all).toHaveLength(2);
    expect(Socket.all[0]?.closed).toBe(true);
    Socket.last.breaks();
    vi.stubGlobal('WebSocket', function refused(): never {
      throw new DOMException('connect-src', 'SecurityError');
    });
    frames = [];
    await vi.advanceTimersByTimeAsync(2 * tryBetter);
    expect(closed).not.toHaveBeenCalled();
    expect(frames.length).toBeGreaterThan(10);
  });

  it('goes over to a WebSocket that gets through, with no word between', async () => {
    await vi.advanceTimersByTimeAsync(tryBetter + 1000);
    const socket = Socket.last;
    socket.opens();
    expect(socket.sent).toEqual([{ t: 'hello', secret: 's' }]);
    link.send({ t: 'typing', on: true });
    expect(found).not.toHaveBeenCalled();
    socket.hears(welcome);
    expect(found).toHaveBeenCalledTimes(1);
    link.send({ t: 'ping' });
    expect(socket.sent).toContainEqual({ t: 'ping' });
    const asked = gateway.asked.length;
    await vi.advanceTimersByTimeAsync(3 * tryBetter);
    expect(gateway.asked).toHaveLength(asked);
    expect(gateway.asked.at(-1)?.frames).toEqual([{ t: 'typing', on: true }]);
    expect(frames).toContainEqual(welcome);
    expect(Socket.all).toHaveLength(1);
    expect(closed).not.toHaveBeenCalled();
    socket.breaks(1006);
    expect(closed).toHaveBeenCalledExactlyOnceWith(1006, undefined);
  });

  it('says nothing more once it is closed', async () => {
    link.close();
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(closed).not.toHaveBeenCalled();
    expect(frames).toEqual([]);
  });
});
