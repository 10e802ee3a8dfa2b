// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { times } from '../src/chat/connection';
import { Line } from '../src/chat/line';
import { tryBetter } from '../src/chat/poll';
import { ofTab } from '../src/chat/storage';
import type { ServerFrame } from '../src/chat/wire';
import { Socket } from './socket';

const endpoint = 'https://chat.example/v1/shop/';
const welcome: ServerFrame = { t: 'welcome', site: { name: 's', max_length: 9, max_file_size: 0 }, seq: 0, entries: [], read: 0, seen: 0 };
const pings = (): number => Socket.last.sent.filter(({ t }) => t === 'ping').length;

function line(): Line {
  const made: Line = new Line(endpoint, {
    hello: () => ({ t: 'hello', secret: 's' }),
    frame({ t }) {
      if (t === 'welcome' || t === 'pong') made.input({ type: t });
    },
    changed: () => undefined,
    lost: () => undefined,
  });
  return made;
}

describe('the way to the gateway', () => {
  let life: AbortController;
  let one: Line;

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', Socket);
    Socket.all.length = 0;
    life = new AbortController();
    sessionStorage.clear();
  });
  afterEach(() => {
    life.abort();
    one.end();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('goes on by WebSocket where one that the fall-back had found falls silent', async () => {
    vi.stubGlobal('fetch', () => new Promise((done) => setTimeout(() => done({ ok: true, json: () => ({ frames: [welcome, { t: 'pong' }] }) }), 1000)));
    ofTab(endpoint, 'via', 'poll');
    one = line();
    one.start(life);
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(tryBetter + 1000);
    Socket.last.opens();
    Socket.last.hears(welcome);
    expect(one.connection).toMatchObject({ phase: 'online', via: 'socket' });
    await vi.advanceTimersByTimeAsync(times.ping);
    expect(pings()).toBe(1);
    await vi.advanceTimersByTimeAsync(times.pong + times.spread + times.firstRetry);
    expect(Socket.all).toHaveLength(2);
  });

  it('tries a WebSocket beside the fall-back in its time, however often the page is another one', async () => {
    vi.stubGlobal('fetch', () => new Promise((done) => setTimeout(() => done({ ok: true, json: () => ({ frames: [welcome, { t: 'pong' }] }) }), 1000)));
    ofTab(endpoint, 'via', 'poll');
    for (let waited = 0; waited < tryBetter; waited += 60_000) {
      expect(Socket.all).toHaveLength(0);
      const page = new AbortController();
      one = line();
      one.start(page);
      await vi.dynamicImportSettled();
      await vi.advanceTimersByTimeAsync(60_000);
      page.abort();
      one.end();
      ofTab(endpoint, 'via', 'poll');
    }
    one = line();
    one.start(life);
    await vi.dynamicImportSettled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(Socket.all).toHaveLength(1);
  });

  it('learns nothing of WebSockets from a page that is left', async () => {
    one = line();
    one.start(life);
    for (let look = 0; look < 6; look++) {
      Socket.last.opens();
      Socket.last.hears(welcome);
      await vi.advanceTimersByTimeAsync(2000);
      dispatchEvent(new Event('pagehide'));
      dispatchEvent(new Event('pageshow'));
      expect(one.connection.via).toBe('socket');
    }
  });

  // Between the two the gateway may be asked who the visitor is.
  it.each([
    ['shown', true, times.ping],
    ['hidden', false, times.hidden],
  ])('probes a page that was %s between its making and its start as it is then', async (_, hidden, every) => {
    const page = vi.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);
    one = line();
    page.mockReturnValue(!hidden);
    one.start(life);
    Socket.last.opens();
    Socket.last.hears(welcome);
    await vi.advanceTimersByTimeAsync(every - 1);
    expect(pings()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(pings()).toBe(1);
  });
});
