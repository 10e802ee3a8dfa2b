// @vitest-environment happy-dom
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Host } from '../src/loader/host';
import { Shelf } from './shelf';
import { Socket } from './socket';

const secret = 'a'.repeat(43);
let shelf: Shelf;
let asked: string[];
let gate: typeof import('../src/chat/consent/gate');
let host: Host;

/** What the code of identify waits for, as on a slow network; in the first test only, since a mock is made once. */
let slow: Promise<void> | undefined;
vi.mock('../src/chat/identity', async (load) => {
  await slow;
  return load();
});
const tokenOf = (sub: string): string => `h.${btoa(JSON.stringify({ sub, exp: 9e9 }))}.s`;

/** A page with a chat whose site asks for consent to a text that is new. */
async function page(): Promise<void> {
  // Chunks are each page's own.
  vi.resetModules();
  gate = await import('../src/chat/consent/gate');
  const { call } = await import('../src/chat/calls');
  vi.stubGlobal('toldBy', call);
  const root = document.body.appendChild(document.createElement('div')).attachShadow({ mode: 'open' });
  const launcher = root.appendChild(document.createElement('button'));
  launcher.setAttribute('aria-expanded', 'false');
  const settings = { site: 'shop', consents: { en: 'new' }, assets: { told: 'test/told.mjs', window: 'test/window.mjs' } };
  host = { settings, base: `${pathToFileURL(join(import.meta.dirname, '../..')).href}/`, language: 'en', root, launcher, api: {}, life: new AbortController(), badge: () => undefined, show: () => undefined } as never;
}

const shown = vi.fn<(host: Host) => void>();

/** The visitor agrees, in the window of this tab. */
async function agreesHere(): Promise<void> {
  shown.mockClear();
  vi.stubGlobal('shownBy', shown);
  await gate.show(host, {}, true);
  shown.mock.lastCall?.[0].gate?.();
}

/** The visitor agrees, in another tab. */
function agrees(): void {
  shelf.setItem('anteroom.shop.agreed', 'new');
  dispatchEvent(new Event('pageshow'));
}

beforeEach(() => {
  slow = undefined;
  shelf = new Shelf();
  asked = [];
  Socket.all.length = 0;
  vi.stubGlobal('localStorage', shelf);
  vi.stubGlobal('sessionStorage', new Shelf());
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('fetch', async (url: string, { body }: { body: string }) => {
    asked.push(`${new URL(url).pathname.split('/').at(-1)} ${body}`);
    return new Promise(() => undefined);
  });
  shelf.setItem('anteroom.shop.agreed', 'old');
});
afterEach(() => {
  host.life.abort(new Error('The page is gone.'));
  vi.unstubAllGlobals();
});

describe('what a page calls before the visitor has agreed', () => {
  it('comes before the session begins of a window that asked, however late its code is', async () => {
    const come = vi.fn<() => void>();
    slow = new Promise((done) => come.mockImplementation(done));
    // It waits 3 s for that, and then for nothing else.
    const { setTimeout: later } = globalThis;
    vi.stubGlobal('setTimeout', (act: () => void, ms?: number) => later(act, ms === 3000 ? 0 : ms));
    shelf.setItem('anteroom.shop', JSON.stringify({ secret, dialog: true, read: 0, sub: 'ann', session: 's1' }));
    await page();
    void gate.call(host, 'identify', [{ token: tokenOf('bob') }]);
    const kept = vi.spyOn(shelf, 'setItem');
    await agreesHere();
    await vi.waitFor(() => expect(kept).toHaveBeenCalledWith('anteroom.shop', expect.anything()));
    await vi.waitFor(() => expect(shown).toHaveBeenCalledTimes(2));
    expect(Socket.all).toEqual([]);
    come();
    await vi.waitFor(() => expect(asked).toContainEqual(expect.stringMatching(/^identity /)));
    expect(Socket.all).toEqual([]);
  });

  it('takes the user away at once who was signed in under another text', async () => {
    shelf.setItem('anteroom.shop', JSON.stringify({ secret, dialog: true, read: 0, sub: 'ann', session: 's1' }));
    await page();
    await gate.call(host, 'logout', []);
    expect(shelf.getItem('anteroom.shop')).not.toContain(secret);
    expect(asked).toEqual([expect.stringMatching(/^sign-out .*s1/)]);
    // Who calls it on each page for nobody writes and sends nothing.
    const left = shelf.getItem('anteroom.shop');
    await page();
    await gate.call(host, 'logout', []);
    expect([shelf.getItem('anteroom.shop'), asked.length]).toEqual([left, 1]);
  });

  it('is told of nobody once its user has signed out in another tab', async () => {
    await page();
    const told = gate.call(host, 'identify', [{ token: 'of.ann.x' }]);
    shelf.setItem('anteroom.shop.out', '1');
    agrees();
    await told;
    expect(asked).toEqual([]);
  });

  it('is told of nobody once its user has signed out on another page, which keeps nothing and writes nothing', async () => {
    await page();
    const [first, waits] = [host, gate.call(host, 'identify', [{ token: 'of.ann.x' }])];
    await page();
    await gate.call(host, 'logout', []);
    // It has heard of that.
    await waits;
    expect([...shelf.items.keys()]).toEqual(['anteroom.shop.agreed']);
    agrees();
    first.life.abort(new Error('The page is gone.'));
    expect(asked).toEqual([]);
  });

  it('waits, and is taken back, where the browser forbids what tabs share', async () => {
    vi.stubGlobal('BroadcastChannel', vi.fn(function () {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    }));
    await page();
    const ann = gate.call(host, 'identify', [{ token: 'of.ann.x' }]);
    await gate.call(host, 'logout', []);
    await ann;
    void gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    agrees();
    await vi.waitFor(() => expect(asked).toEqual([expect.stringMatching(/^identity .*of\.bob\.x/)]));
  });

  it('is told of nobody by a page that could not hear of the sign-out', async () => {
    const { BroadcastChannel } = globalThis;
    vi.stubGlobal('BroadcastChannel', undefined);
    await page();
    const asleep = host;
    const ann = gate.call(asleep, 'identify', [{ token: 'of.ann.x' }]);
    vi.stubGlobal('BroadcastChannel', BroadcastChannel);
    await page();
    await gate.call(host, 'logout', []);
    void gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    await agreesHere();
    dispatchEvent(new Event('pageshow'));
    await ann;
    await vi.waitFor(() => expect(asked).toEqual([expect.stringMatching(/^identity .*of\.bob\.x/)]));
    asleep.life.abort(new Error('The page is gone.'));
  });

  it('is told of nobody who signs out while the calls are on their way', async () => {
    await page();
    const ann = gate.call(host, 'identify', [{ token: 'of.ann.x' }]);
    agrees();
    shelf.setItem('anteroom.shop.out', '1');
    await ann;
    expect(asked).toEqual([]);
  });

  it('keeps where the page is, whoever signs out', async () => {
    await page();
    const here = gate.call(host, 'page', [{ url: 'https://shop.example/cups' }]);
    const ann = gate.call(host, 'identify', [{ token: 'of.ann.x' }]);
    await gate.call(host, 'logout', []);
    await ann;
    expect(host.said).toBeUndefined();
    agrees();
    await here;
    expect(Object.values(host.said ?? {})).toEqual(['https://shop.example/cups']);
  });

  it('leaves no channel open that keeps the page from the way back, where nothing waits', async () => {
    const open = new Set<BroadcastChannel>();
    vi.stubGlobal('BroadcastChannel', class extends BroadcastChannel {
      constructor(name: string) {
        super(name);
        open.add(this);
      }
      override close(): void {
        super.close();
        open.delete(this);
      }
    });
    await page();
    await gate.call(host, 'logout', []);
    expect(open.size).toBe(0);
    const ann = gate.call(host, 'identify', [{ token: 'of.ann.x' }]);
    expect(open.size).toBe(1);
    agrees();
    await Promise.race([ann, vi.waitFor(() => expect(asked).not.toEqual([]))]);
    expect(open.size).toBe(0);
  });

  it('is told of who signs in behind a sign-out in another tab', async () => {
    await page();
    const ann = gate.call(host, 'identify', [{ token: 'of.ann.x' }]);
    shelf.setItem('anteroom.shop.out', '1');
    void gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    await ann;
    agrees();
    await vi.waitFor(() => expect(asked).toEqual([expect.stringMatching(/^identity .*of\.bob\.x/)]));
  });

  it('is told of who signs in right behind a sign-out', async () => {
    shelf.setItem('anteroom.shop', JSON.stringify({ secret, dialog: true, read: 0, sub: 'ann', session: 's1' }));
    await page();
    const gone = gate.call(host, 'logout', []);
    void gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    await gone;
    agrees();
    await vi.waitFor(() => expect(asked.at(-1)).toMatch(/^identity .*of\.bob\.x/));
  });

  it('comes before the session begins: the token says whose that is', async () => {
    await page();
    gate.start(host);
    void gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    agrees();
    await vi.waitFor(() => expect(asked).toEqual([expect.stringMatching(/^identity .*of\.bob\.x/)]));
    expect(Socket.all).toEqual([]);
  });

  it('shows a token once, also where a session waits for its code', async () => {
    shelf.setItem('anteroom.shop', JSON.stringify({ secret, dialog: true, read: 0 }));
    shelf.setItem('anteroom.shop.agreed', 'new');
    await page();
    void gate.call(host, 'identify', [{ token: tokenOf('bob') }]);
    gate.start(host);
    await vi.waitFor(() => expect(host.session).toBeDefined());
    await vi.waitFor(() => expect(asked).toEqual([expect.stringMatching(/^identity /)]));
    // Another that begins meanwhile asks no more either.
    await host.before?.();
    expect(asked).toHaveLength(1);
  });

  it('has only the last word of where the page is wait, and so many others', async () => {
    await page();
    const places = Array.from({ length: 60 }, (_, n) => gate.call(host, 'page', [{ url: `https://shop.example/${n}` }]));
    const bob = gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    agrees();
    await Promise.all(places);
    await vi.waitFor(() => expect(asked).toEqual([expect.stringMatching(/^identity .*of\.bob\.x/)]));
    expect(Object.values(host.said ?? {})).toEqual(['https://shop.example/59']);
    void bob;
  });

  it('keeps the storage shut for no other chat where this one was destroyed while its window came', async () => {
    await page();
    vi.stubGlobal('shownBy', () => undefined);
    const shows = gate.show(host, {}, true);
    host.life.abort(new Error('destroyed'));
    await expect(shows).rejects.toThrow('destroyed');
    const { Keep } = await import('../src/chat/storage');
    new Keep('clinic').update({ dialog: true });
    expect(shelf.getItem('anteroom.clinic')).toContain('"dialog":true');
  });

  it('begins nothing on a chat that was destroyed meanwhile', async () => {
    await page();
    gate.start(host);
    const told = gate.call(host, 'identify', [{ token: 'of.bob.x' }]);
    const refused = told.then(() => 'told', (error: unknown) => String(error));
    agrees();
    host.life.abort(new Error('destroyed'));
    expect(await refused).toBe('Error: destroyed');
    expect([asked, Socket.all, host.session]).toEqual([[], [], undefined]);
  });
});
