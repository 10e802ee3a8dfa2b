// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { matches } from '../src/chat/pattern';
import type { Visited } from '../src/chat/wire';
import type { Host, Trigger } from '../src/loader/host';
import { Socket } from './socket';

const navigation = new EventTarget();
let hidden = false;
/** Those of other tests go on, and are to disturb none. */
let site = 0;
const told = (socket: Socket): Visited[] => socket.sent.filter((frame) => frame.t === 'visited');
/** What the page views have told; the gateway takes it now. */
function sent(): string[] {
  for (const socket of Socket.all) {
    if (socket.sent.length === 0) {
      socket.opens();
      socket.hears({ t: 'welcome', site: { name: 'Shop', max_length: 100, max_file_size: 0 }, seq: 0, entries: [], read: 0, seen: 0 });
    }
    for (let i = 0; i < told(socket).length; i++) socket.hears({ t: 'ack', cid: told(socket)[i]?.cid ?? '', at: 1 });
  }
  return Socket.all.flatMap(told).map(({ trigger }) => trigger);
}

/** A page view with these triggers: what is stored goes on from one to the next. */
async function view(path: string, ...triggers: Trigger[]): Promise<Host> {
  history.replaceState(null, '', path);
  vi.resetModules();
  const { watch } = await import('../src/chat/triggers');
  const host = { settings: { site: `shop${site}`, triggers }, base: 'https://chat.example/', badge: () => undefined, life: new AbortController() } as unknown as Host;
  watch(host);
  return host;
}
/** The page changes without a load; the watcher looks a moment later. */
function goes(path: string): void {
  history.pushState(null, '', path);
  navigation.dispatchEvent(new Event('currententrychange'));
  vi.advanceTimersByTime(2000);
}
function turns(to: 'hidden' | 'visible'): void {
  hidden = to === 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
}

describe('page visits', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('navigation', navigation);
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
    hidden = false;
    site++;
    Socket.all.length = 0;
    vi.stubGlobal('WebSocket', Socket);
    localStorage.clear();
    sessionStorage.clear();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it.each([
    ['/prices*', 'https://shop.example/prices', true],
    ['/prices*', 'https://shop.example/prices/team?x=1', true],
    ['/prices', 'https://shop.example/prices?x=1', true],
    ['/prices', 'https://shop.example/prices/team', false],
    ['/a.b', 'https://shop.example/axb', false],
    ['/a+(b)', 'https://shop.example/a+(b)', true],
    ['/цены/*', 'https://shop.example/цены/чай', true],
    ['/100%', 'https://shop.example/100%', true],
    ['https://shop.example/cart', 'https://shop.example/cart', true],
    ['https://shop.example/cart', 'https://shop.example/cart?x=1', false],
    ['https://shop.example/*x=1', 'https://shop.example/cart?x=1', true],
    ['https://*.example/*', 'https://shop.example/', true],
    ['*', 'https://shop.example/any', true],
  ])('%s at %s: %s', (pattern, address, fits) => {
    expect(matches(pattern, address)).toBe(fits);
  });

  it('connects and stores nothing before one comes true, and counts only the time in which the page is visible', async () => {
    await view('/prices', { key: 'w-0', url: '/prices', after: 10_000, once: 'visitor' });
    vi.advanceTimersByTime(6000);
    turns('hidden');
    vi.advanceTimersByTime(60_000);
    turns('visible');
    vi.advanceTimersByTime(3900);
    expect(Socket.all).toHaveLength(0);
    expect(localStorage.length + sessionStorage.length).toBe(0);
    vi.advanceTimersByTime(100);
    expect(sent()).toEqual(['w-0']);
    expect(Socket.all).toHaveLength(1);
  });

  it('waits for a page that is opened in the background', async () => {
    hidden = true;
    await view('/prices', { key: 'w-0', url: '*' });
    expect(sent()).toEqual([]);
    turns('visible');
    expect(sent()).toEqual(['w-0']);
  });

  it('follows the address, not the title, and begins anew with it', async () => {
    await view('/a', { key: 'b', url: '/b', after: 1000 }, { key: 'a', url: '/a', after: 8000 });
    vi.advanceTimersByTime(5000);
    document.title = 'Another';
    navigation.dispatchEvent(new Event('currententrychange'));
    vi.advanceTimersByTime(3000);
    expect(sent()).toEqual(['a']);
    goes('/b');
    vi.advanceTimersByTime(999);
    expect(sent()).toEqual(['a']);
    vi.advanceTimersByTime(1);
    expect(sent()).toEqual(['a', 'b']);
    goes('/a');
    vi.advanceTimersByTime(8000);
    expect(sent()).toEqual(['a', 'b', 'a']);
  });

  it('forgets what it could not tell of a page that is there no more', async () => {
    await view('/a', { key: 'a', url: '/a' }, { key: 'b', url: '/b' });
    goes('/b');
    expect(sent()).toEqual(['b']);
  });

  it('tells once in a visit or to a visitor, else every time', async () => {
    const all: Trigger[] = [{ key: 'each', url: '*' }, { key: 'visit', url: '*', once: 'visit' }, { key: 'visitor', url: '*', once: 'visitor' }];
    await view('/a', ...all);
    expect(sent()).toEqual(['each', 'visit', 'visitor']);
    await view('/b', ...all);
    sessionStorage.clear();
    await view('/c', ...all);
    expect(sent().slice(3)).toEqual(['each', 'each', 'visit']);
  });

  it('is told again where the page went before the gateway had it', async () => {
    const once: Trigger[] = [{ key: 'visit', url: '*', once: 'visit' }, { key: 'visitor', url: '*', once: 'visitor' }];
    const page = await view('/a', ...once);
    // It went in the moment in which it connected.
    page.session?.end();
    Socket.all.length = 0;
    await view('/b', ...once);
    expect(sent()).toEqual(['visit', 'visitor']);
    goes('/c');
    expect(sent()).toEqual(['visit', 'visitor']);
    expect([localStorage, sessionStorage].map((kept) => kept.getItem(`anteroom.shop${site}.visited`))).toEqual(['["visitor"]', '["visit"]']);
  });

  it('tells once on the page where the browser forbids its storage', async () => {
    vi.stubGlobal('localStorage', undefined);
    await view('/a', { key: 'visitor', url: '*', once: 'visitor' });
    expect(sent()).toEqual(['visitor']);
    goes('/b');
    expect(sent()).toEqual(['visitor']);
  });

  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64)', undefined, 'desktop'],
    ['Mozilla/5.0 (iPhone) Mobile/15E148', undefined, 'mobile'],
    ['Mozilla/5.0 (X11; Linux x86_64)', { mobile: true, getHighEntropyValues: () => Promise.resolve({}) }, 'mobile'],
  ])('knows the device of %s', async (userAgent, userAgentData, device) => {
    vi.stubGlobal('navigator', { userAgent, userAgentData, languages: [] });
    await view('/a', { key: 'desktop', url: '*', device: 'desktop' }, { key: 'mobile', url: '*', device: 'mobile' });
    expect(sent()).toEqual([device]);
  });

  it('are of the address that the page tells of itself', async () => {
    await view('/app', { key: 'pay', url: '/pay*' }, { key: 'app', url: '/app' });
    expect(sent()).toEqual(['app']);
    const { page } = await import('../src/chat/identity');
    const host = { root: document.createElement('div').attachShadow({ mode: 'open' }), life: new AbortController() } as unknown as Host;
    await page(host, { url: '/pay/now', title: 'Pay' });
    await page(host, { url: '/pay/now', title: 'Pay!' });
    expect(sent()).toEqual(['app', 'pay']);
    await page(host);
    expect(sent()).toEqual(['app', 'pay', 'app']);
    // It holds until the address changes, also for who comes back there.
    await page(host, { url: '/pay/later' });
    goes('/shop');
    goes('/app');
    const { currentPage } = await import('../src/chat/page');
    expect(currentPage().url).toMatch(/\/app$/);
    expect(host.said).toEqual({});
  });
});
