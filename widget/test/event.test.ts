// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { event, logout, page } from '../src/chat/identity';
import { currentPage } from '../src/chat/page';
import { forgetTold } from '../src/chat/lane';
import type { ClientFrame, ServerFrame } from '../src/chat/wire';
import type { Host } from '../src/loader/host';
import { Socket } from './socket';

const host = {
  settings: { site: 'shop' },
  base: 'https://chat.example/',
  language: 'en',
  launcher: document.createElement('button'),
  root: { host: new EventTarget() },
  badge: () => undefined,
  life: new AbortController(),
} as unknown as Host;
const site = { name: 'Shop', max_length: 100, max_file_size: 0 };
const durable = new Set(['event', 'message']);
const frames = (): ClientFrame[] => Socket.last.sent.filter(({ t }) => durable.has(t));
const names = (): unknown[] => frames().map((f) => (f.t === 'event' ? f.name : f.t));
const cid = (i: number): string => (frames()[i] as { cid?: string } | undefined)?.cid ?? '';
const hears = (...all: ServerFrame[]): void => Socket.last.hears(...all);
const welcomed = (): void => {
  Socket.last.opens();
  hears({ t: 'welcome', site, seq: 0, entries: [], read: 0, seen: 0 });
};
const ack = (i: number, seq?: number): void => hears({ t: 'ack', cid: cid(i), at: 1, ...(seq && { id: `e${seq}`, seq }) });
/** The gateway takes all that waits. */
const takeAll = (): void => {
  for (let i = 0; i < frames().length; i++) ack(i);
};

const bad = (where: unknown): Promise<void> => page(host, where as Parameters<typeof page>[1]);

describe('where the page says that it is', () => {
  const never = undefined as unknown as string;
  afterEach(() => bad({}));

  it('is the page itself where something is missing, also if it is there and empty', async () => {
    document.title = 'Own';
    for (const where of [{ url: '/a', title: never }, { url: '/a', title: null }]) {
      await bad(where);
      expect(currentPage()).toMatchObject({ url: new URL('/a', location.href).href, title: 'Own' });
    }
    for (const where of [{ url: never, title: 'Tea' }, { url: null, title: 'Tea' }]) {
      await bad(where);
      expect(currentPage()).toMatchObject({ url: location.href, title: 'Tea' });
    }
    await bad(null);
    expect(currentPage().title).toBe('Own');
  });

  it('is refused in a sentence where it is none, and what was said before stands', async () => {
    await page(host, { title: 'Tea' });
    await expect(bad('/pricing')).rejects.toThrow(/^Where the visitor is is told by an object/);
    await expect(bad({ title: 5 })).rejects.toThrow('The title of a page is a text.');
    expect(currentPage().title).toBe('Tea');
  });
});

describe('an event of the page', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}')));
    vi.stubGlobal('WebSocket', Socket);
    Socket.all.length = 0;
    localStorage.clear();
    delete host.session;
    delete host.keep;
  });
  afterEach(() => {
    forgetTold();
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  it('connects, and is what it was when it was told', async () => {
    const data = { item: 'Tea', price: 12.5, vip: true };
    await event(host, 'cart', data);
    data.item = 'Coffee';
    expect(Socket.all).toHaveLength(1);
    welcomed();
    expect(frames()).toMatchObject([{ t: 'event', name: 'cart', data: { item: 'Tea', price: 12.5, vip: true } }]);
  });

  it('needs no data', async () => {
    await event(host, 'ч'.repeat(64));
    welcomed();
    expect(frames()[0]).not.toHaveProperty('data');
  });

  it('is no dialog to come back to, and leaves nothing in the browser', async () => {
    await event(host, 'cart');
    expect(Object.keys(localStorage)).toEqual(['anteroom.shop']);
    welcomed();
    expect(JSON.parse(localStorage.getItem('anteroom.shop') ?? '')).toMatchObject({ dialog: false });
    expect(host.session?.state.outbox).toEqual([]);
  });

  it('goes one at a time, once more over another link, and is done with when it was refused', async () => {
    await event(host, 'one');
    welcomed();
    await event(host, 'two');
    expect(names()).toEqual(['one']);
    Socket.last.breaks();
    vi.advanceTimersByTime(5000);
    welcomed();
    expect(names()).toEqual(['one']);
    hears({ t: 'error', code: 'bad_frame', text: '', cid: cid(0) });
    expect(names()).toEqual(['one', 'two']);
    expect(host.session?.state.refused).toBeUndefined();
  });

  it('waits for messages, and holds none back when there are too many events', async () => {
    await event(host, 'one');
    host.session?.send({ t: 'message', text: 'Hello' });
    welcomed();
    expect(names()).toEqual(['message']);
    ack(0, 1);
    expect(names()).toEqual(['message', 'one']);
    hears({ t: 'error', code: 'too_fast', text: '', cid: cid(1), retry_after: 2000 });
    expect(host.session?.state.held).toBeUndefined();
    host.session?.send({ t: 'message', text: 'Is it open?' });
    expect(names()).toEqual(['message', 'one', 'message']);
    ack(2, 2);
    vi.advanceTimersByTime(2000);
    expect(names()).toEqual(['message', 'one', 'message', 'one']);
  });

  it('is forgotten when fifty newer ones wait, and when the user signs out', async () => {
    for (let i = 0; i <= 50; i++) await event(host, String(i));
    welcomed();
    takeAll();
    expect(names()).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 1)));
    Socket.last.breaks();
    await event(host, 'cart');
    await logout(host);
    await event(host, 'home');
    welcomed();
    expect(names()).toEqual(['home']);
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
    await expect(event(host, name as string, data as never)).rejects.toMatchObject({ code: 'bad_frame' });
    expect(Socket.all).toHaveLength(0);
  });
});
