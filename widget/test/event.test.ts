// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { event } from '../src/chat/calls';
import { now } from '../src/chat/transport';
import type { Host } from '../src/loader/host';
import { Socket } from './socket';

const host = { settings: { site: 'shop' }, base: 'https://chat.example/', language: 'en', badge: () => undefined } as unknown as Host;
const frames = (): unknown[] => (now.session?.state.outbox ?? []).map(({ frame }) => frame);

describe('an event of the page', () => {
  beforeEach(() => {
    vi.stubGlobal('WebSocket', Socket);
    Socket.all.length = 0;
    localStorage.clear();
    delete now.session;
    delete now.keep;
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('connects, and is what it was when it was told', async () => {
    const data = { item: 'Tea', price: 12.5, vip: true };
    await event(host, 'cart', data);
    data.item = 'Coffee';
    expect(Socket.all).toHaveLength(1);
    expect(frames()).toMatchObject([{ t: 'event', name: 'cart', data: { item: 'Tea', price: 12.5, vip: true } }]);
  });

  it('needs no data', async () => {
    await event(host, 'ч'.repeat(64));
    expect(frames()[0]).not.toHaveProperty('data');
  });

  it.each([
    ['', undefined],
    ['ч'.repeat(65), undefined],
    [7, undefined],
    ['cart', 'Tea'],
    ['cart', null],
    ['cart', ['Tea']],
    ['cart', { items: ['Tea'] }],
    ['cart', { price: NaN }],
    ['cart', { note: null }],
    ['cart', { note: 'ч'.repeat(2048) }],
  ])('of the name %j with %j is refused at once', async (name, data) => {
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    await expect(event(host, name as string, data as never)).rejects.toMatchObject({ code: 'bad_frame' });
    expect(logged).toHaveBeenCalledTimes(1);
    expect(Socket.all).toHaveLength(0);
  });
});
