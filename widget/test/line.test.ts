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
