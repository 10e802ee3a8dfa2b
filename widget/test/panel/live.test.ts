// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LiveFrame } from '../../src/panel/forms';
import { Live } from '../../src/panel/live';
import { Socket } from '../socket';

const bearer = { operator: undefined, secret: () => Promise.resolve('s'), ended: vi.fn<(secret: string, why: string) => void>() };
const hears = (frame: unknown): void => Socket.last.onmessage?.({ data: JSON.stringify(frame) });

describe('the live socket', () => {
  let live: Live;
  let heard: LiveFrame[];
  beforeEach(async () => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', Socket);
    Socket.all.length = 0;
    bearer.ended.mockClear();
    heard = [];
    live = new Live('https://chat.example/', 'shop', bearer);
    live.hear((frame) => heard.push(frame));
    live.watch('v1');
    live.start();
    await vi.advanceTimersByTimeAsync(0);
  });
  afterEach(() => {
    live.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('says who it is first, and what is looked at', () => {
    Socket.last.opens();
    expect(Socket.last.sent).toEqual([{ session: 's', site: 'shop', contact: 'v1' }]);
  });

  it('tells what is looked at now, also what changed before it was ready', () => {
    Socket.last.opens();
    live.watch('v2');
    expect(Socket.last.sent).toHaveLength(1);
    hears({ type: 'ready' });
    live.watch(null);
    expect(Socket.last.sent.slice(1)).toEqual([{ watch: 'v2' }, { watch: null }]);
  });

  it('says nothing to a link that ends at this moment, and tells the next one what is looked at', async () => {
    Socket.last.opens();
    hears({ type: 'ready' });
    const ends = Socket.last;
    ends.readyState = 2;
    live.watch('v2');
    expect(ends.sent).toHaveLength(1);
    ends.breaks();
    while (Socket.last === ends) await vi.advanceTimersToNextTimerAsync();
    Socket.last.opens();
    expect(Socket.last.sent).toMatchObject([{ contact: 'v2' }]);
  });

  it('comes back by itself, each time later, and begins anew after a link that was good', async () => {
    const waits: number[] = [];
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    for (let i = 0; i < 7; i++) {
      const before = Date.now();
      const all = Socket.all.length;
      Socket.last.breaks(1013);
      while (Socket.all.length === all) await vi.advanceTimersToNextTimerAsync();
      waits.push(Date.now() - before);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    Socket.last.opens();
    hears({ type: 'ready' });
    await vi.advanceTimersByTimeAsync(11_000);
    const all = Socket.all.length;
    Socket.last.breaks();
    await vi.advanceTimersByTimeAsync(1000);
    expect(Socket.all).toHaveLength(all + 1);
  });

  it('gives up a link that is never ready', async () => {
    Socket.last.opens();
    const first = Socket.last;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(first.closed).toBe(true);
    await vi.advanceTimersByTimeAsync(2000);
    expect(Socket.last).not.toBe(first);
  });

  it('gives up a link on which nothing comes any more, and none on which pings do', async () => {
    Socket.last.opens();
    hears({ type: 'ready' });
    const first = Socket.last;
    for (let i = 0; i < 5; i++) {
      await vi.advanceTimersByTimeAsync(30_000);
      hears({ type: 'ping' });
    }
    expect(first.closed).toBe(false);
    await vi.advanceTimersByTimeAsync(75_000);
    expect(first.closed).toBe(true);
    expect(live).toMatchObject({ ready: false, why: 'lost' });
    await vi.advanceTimersByTimeAsync(2000);
    expect(Socket.last).not.toBe(first);
  });

  it('the end of the session is told with its reason', () => {
    Socket.last.opens();
    hears({ type: 'end', code: 'not_operator' });
    expect(bearer.ended).toHaveBeenCalledWith('s', 'not_operator');
  });

  it.each([
    ['said in a frame', () => hears({ type: 'end', code: 'too_many_sockets' })],
    ['said by the close', () => Socket.last.breaks(1013, 'too_many_sockets')],
  ])('one panel too many ends no session: the link is tried again, each time later (%s)', async (_, refuse) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    for (const wait of [1000, 2000]) {
      const { length } = Socket.all;
      Socket.last.opens();
      refuse();
      expect(live.why).toBe('too_many_sockets');
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(Socket.all).toHaveLength(length);
      await vi.advanceTimersByTimeAsync(1);
      expect(Socket.all).toHaveLength(length + 1);
    }
    expect(bearer.ended).not.toHaveBeenCalled();
    Socket.last.opens();
    hears({ type: 'ready' });
    expect(live).toMatchObject({ ready: true, why: '' });
  });

  it('is deaf to what it does not understand, and to links that it left', async () => {
    const first = Socket.last;
    Socket.last.onmessage?.({ data: 'no json' });
    hears(null);
    Socket.last.breaks();
    await vi.advanceTimersByTimeAsync(2000);
    first.onmessage?.({ data: '{"type":"refresh"}' });
    expect(heard).toEqual([]);
  });

  it('a browser that is offline is believed, and one that is online again tries at once', async () => {
    Socket.last.opens();
    hears({ type: 'ready' });
    dispatchEvent(new Event('offline'));
    expect(live.ready).toBe(false);
    dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(Socket.all).toHaveLength(2);
  });
});
