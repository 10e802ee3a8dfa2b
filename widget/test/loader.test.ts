// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import launcher from '../src/i18n/launcher.json';
import type { Anteroom } from '../src/loader/host';

const button = (): HTMLButtonElement => document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('button') as HTMLButtonElement;
const launchers = (): number => document.querySelectorAll('anteroom-chat').length;
const runs = async (settings: object): Promise<void> => {
  vi.resetModules();
  vi.stubGlobal('__ANTEROOM_SETTINGS__', { site: 'shop', assets: {}, words: launcher, fallback: 'en', ...settings });
  await import('../src/loader/index');
};

/** What the loaders of tests before watch, and wait for, would bring their buttons back. */
const watching = new Set<MutationObserver>();
const waiting = new Set<ReturnType<typeof setTimeout>>();
class Watch extends MutationObserver {
  constructor(tell: MutationCallback) {
    super(tell);
    watching.add(this);
  }
}

describe('the loader', () => {
  beforeEach(() => {
    vi.stubGlobal('MutationObserver', Watch);
    const { setTimeout: later } = globalThis;
    vi.stubGlobal('setTimeout', (act: () => void, ms?: number) => {
      const timer = later(act, ms);
      waiting.add(timer);
      return timer;
    });
    delete (window as { Anteroom?: unknown }).Anteroom;
    const script = document.createElement('script');
    script.type = 'text/plain';
    script.src = 'https://chat.example/widget/shop.js';
    document.body.append(script);
  });
  afterEach(() => {
    for (const one of watching) one.disconnect();
    for (const timer of waiting) clearTimeout(timer);
    watching.clear();
    waiting.clear();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
    document.body.replaceChildren();
    for (const element of document.querySelectorAll('anteroom-chat')) element.remove();
  });

  it.each([
    ['all settings', { site: 'shop', assets: {}, words: { en: { ...launcher.en, title: 'Shop' } }, css: ':host{--accent:#a0481e}', icon: 'M0 0h9z', position: 'left', theme: 'dark' }],
    ['none but the site', { site: 'shop', assets: {} }],
  ])('draws its button with %s', async (_, settings) => {
    await runs(settings);
    expect(button().getAttribute('aria-label')).toBe('Open chat');
  });

  it.each([
    [['ru-RU'], '', 'Открыть чат'],
    [['de', 'ru'], 'fr', 'Открыть чат'],
    [['ru'], 'en-GB', 'Open chat'],
    [['de'], 'fr', 'Open chat'],
    [['ar-EG'], '', 'فتح المحادثة'],
    [['pt-PT'], '', 'pt'],
    [['pt'], '', 'pt'],
    [['pt-BR'], '', 'pt-br'],
    [['ptx', 'ru'], '', 'Открыть чат'],
  ])('speaks to a browser of %j on a page in "%s"', async (languages, page, word) => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(languages);
    document.documentElement.lang = page;
    await runs({ words: { ...launcher, pt: { ...launcher.en, open: 'pt' }, 'pt-br': { ...launcher.en, open: 'pt-br' } } });
    document.documentElement.lang = '';
    expect(button().getAttribute('aria-label')).toBe(word);
  });

  it('looks as the settings say', async () => {
    await runs({ css: ':host{--on-accent:#111}', icon: 'M0 0h9z', words: { en: { ...launcher.en, open: 'Ask us: open chat' } } });
    const { shadowRoot } = document.querySelector('anteroom-chat') as HTMLElement;
    const [sheet] = shadowRoot?.adoptedStyleSheets ?? [];
    expect([...(sheet?.cssRules ?? [])].at(-1)?.cssText).toContain('--on-accent: #111');
    expect(button().querySelector('path')?.getAttribute('d')).toBe('M0 0h9z');
    expect(button().getAttribute('aria-label')).toBe('Ask us: open chat');
  });

  it.each([
    ['light', true, false],
    ['light', false, false],
    ['dark', true, true],
    ['dark', false, true],
    ['auto', true, true],
    ['auto', false, false],
    [undefined, true, true],
    [undefined, false, false],
  ])('with the theme %s, where the system is dark: %j, is dark: %j', async (theme, matches, dark) => {
    const match = window.matchMedia.bind(window);
    vi.stubGlobal('matchMedia', (query: string) => (query === '(prefers-color-scheme: dark)' ? Object.assign(new EventTarget(), { matches }) : match(query)));
    await runs({ theme });
    expect(document.querySelector('anteroom-chat')?.classList.contains('dark')).toBe(dark);
  });

  it('opens by itself where it is all of the page, and cannot be closed there', async () => {
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    await runs({
      full: true,
      assets: {
        transport: 'data:text/javascript,export const start = () => {}',
        chat: 'data:text/javascript,export const show = (h, s, open) => calls.push(open)',
        en: 'data:text/javascript,export const strings = {}',
      },
    });
    await vi.waitFor(() => expect(calls).toEqual([true]));
    await (window as { Anteroom?: { close(): Promise<void> } }).Anteroom?.close();
    await vi.waitFor(() => expect(calls).toEqual([true, true]));
  });

  it('speaks what the site names to who speaks none of its languages', async () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de']);
    await runs({ fallback: 'ru' });
    expect(button().getAttribute('aria-label')).toBe('Открыть чат');
  });

  it.each([
    ['en', 'rtl', 'ltr'],
    ['ar', 'ltr', 'rtl'],
  ])('runs as %s does whatever the page does', async (lang, page, dir) => {
    Object.assign(document.documentElement, { lang, dir: page });
    await runs({});
    Object.assign(document.documentElement, { lang: '', dir: '' });
    expect(document.querySelector<HTMLElement>('anteroom-chat')?.dir).toBe(dir);
  });

  it('draws one button where its tag is there twice', async () => {
    await runs({});
    await runs({});
    expect(launchers()).toBe(1);
  });

  it('comes back when the page replaces its body, or all that is in it', async () => {
    await runs({});
    document.body.innerHTML = '<p>the next page</p>';
    await vi.waitFor(() => expect(launchers()).toBe(1));
    document.body.replaceWith(document.createElement('body'));
    await vi.waitFor(() => expect(launchers()).toBe(1));
    document.body.replaceChildren();
    await vi.waitFor(() => expect(launchers()).toBe(1));
  });

  it('comes back later each time to a page that throws it out again and again', async () => {
    const waits: (number | undefined)[] = [];
    const { setTimeout: later } = globalThis;
    vi.stubGlobal('setTimeout', (act: () => void, ms?: number) => {
      waits.push(ms);
      return later(act, ms);
    });
    await runs({});
    new Watch(() => document.querySelector('anteroom-chat')?.remove()).observe(document.documentElement, { childList: true });
    document.querySelector('anteroom-chat')?.remove();
    await vi.waitFor(() => expect(waits.length).toBeGreaterThan(8), { timeout: 4000 });
    expect(waits.at(-1)).toBeGreaterThan(4);
  });

  it('keeps what is done in it from the handlers of the page, but for what they close menus by', async () => {
    await runs({});
    const heard: string[] = [];
    const types = ['keydown', 'mousedown', 'click', 'focusin', 'paste', 'beforeinput', 'touchstart', 'touchend', 'wheel', 'dragover', 'drop', 'pointerdown', 'focusout'];
    const life = new AbortController();
    for (const type of types) {
      document.addEventListener(type, () => heard.push(type), life);
      document.querySelector('anteroom-chat')?.shadowRoot?.dispatchEvent(new Event(type, { bubbles: true, composed: true }));
    }
    life.abort();
    expect(heard).toEqual(['dragover', 'drop', 'pointerdown', 'focusout']);
  });

  it('says when the chat could not be loaded; another press loads the page anew, or tries again without a network', async () => {
    const reload = vi.fn<() => void>();
    vi.spyOn(location, 'reload').mockImplementation(reload);
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    const online = vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    await runs({ assets: { transport: 'data:text/javascript,throw 1' } });
    for (let tries = 1; tries <= 2; tries++) {
      button().click();
      await vi.waitFor(() => expect(logged).toHaveBeenCalledTimes(tries));
      expect(button().textContent).toBe('The chat did not load. Reload the page');
      expect(button().getAttribute('aria-label')).toBe('The chat did not load. Reload the page');
    }
    expect(reload).not.toHaveBeenCalled();
    online.mockReturnValue(true);
    button().click();
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it('takes a double click for one', async () => {
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    sessionStorage.clear();
    await runs({
      assets: {
        transport: 'data:text/javascript,export const start = () => {}',
        chat: 'data:text/javascript,export const show = (h, s, open) => calls.push(open)',
        en: 'data:text/javascript,export const strings = {}',
      },
    });
    for (const detail of [1, 2]) button().dispatchEvent(new MouseEvent('click', { detail }));
    expect(button().getAttribute('aria-expanded')).toBe('true');
    await vi.waitFor(() => expect(calls).toEqual([true]));
    button().dispatchEvent(new MouseEvent('click', { detail: 1 }));
    expect(button().getAttribute('aria-expanded')).toBe('false');
  });

  it('still opens for who presses again while a slow network brings the chat', async () => {
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    const comes = vi.fn<() => void>();
    vi.stubGlobal('here', new Promise<void>((done) => comes.mockImplementation(done)));
    sessionStorage.clear();
    await runs({
      assets: {
        transport: 'data:text/javascript,await here; export const start = (host) => { host.session = {}; }',
        chat: 'data:text/javascript,export const show = (h, s, open) => calls.push(open)',
        en: 'data:text/javascript,export const strings = {}',
      },
    });
    for (let presses = 0; presses < 3; presses++) button().dispatchEvent(new MouseEvent('click', { detail: 1 }));
    expect(button().getAttribute('aria-expanded')).toBe('true');
    comes();
    await vi.waitFor(() => expect(calls).toEqual([true]));
    await vi.waitFor(() => expect(button().getAttribute('aria-busy')).toBe('false'));
    button().dispatchEvent(new MouseEvent('click', { detail: 1 }));
    await vi.waitFor(() => expect(calls).toEqual([true, false]));
  });

  it('leaves closed what the page closed while the code came, whatever other tabs store', async () => {
    // Of its own: chats of other pages hear of a storage, too.
    const shown: boolean[] = [];
    vi.stubGlobal('shown', shown);
    const comes = vi.fn<() => void>();
    vi.stubGlobal('here', new Promise<void>((done) => comes.mockImplementation(done)));
    localStorage.setItem('anteroom.shop', '{"dialog":true}');
    sessionStorage.setItem('anteroom.shop.open', '1');
    await runs({
      assets: {
        transport: 'data:text/javascript,await here; export const start = (host) => { host.session = {}; } // closes',
        chat: 'data:text/javascript,export const show = (h, s, open) => shown.push(open)',
        en: 'data:text/javascript,export const strings = {}',
      },
    });
    await (window as { Anteroom?: { close(): Promise<void> } }).Anteroom?.close();
    dispatchEvent(new Event('storage'));
    comes();
    await vi.waitFor(() => expect(shown).toEqual([false]));
    localStorage.clear();
    sessionStorage.clear();
  });

  it('closes the window of a chat that has begun, whose page calls what does not load', async () => {
    const shown: boolean[] = [];
    vi.stubGlobal('shown', shown);
    vi.spyOn(console, 'error').mockReturnValue();
    await runs({
      assets: {
        transport: 'data:text/javascript,export const start = (host) => { host.session = {}; } // goes on',
        chat: 'data:text/javascript,export const show = (h, s, open) => shown.push(open)',
        en: 'data:text/javascript,export const strings = {}',
        calls: 'data:text/javascript,throw 1',
      },
    });
    button().click();
    await vi.waitFor(() => expect(button().getAttribute('aria-busy')).toBe('false'));
    await expect((window as unknown as { Anteroom: Anteroom }).Anteroom.set({})).rejects.toBe(1);
    button().click();
    await vi.waitFor(() => expect(shown).toEqual([true, false]));
    expect(button().getAttribute('aria-label')).toBe('Open chat');
  });

  it('has calls that wait for the same code fail together, and the next one ask for it again', async () => {
    const done: string[] = [];
    vi.stubGlobal('done', done);
    vi.spyOn(console, 'error').mockReturnValue();
    let asked = 0;
    await runs({
      assets: {
        get calls() {
          return asked++ > 0 ? 'data:text/javascript,export const call = (host, name) => done.push(name)' : 'data:text/javascript,throw 2';
        },
      },
    });
    const { Anteroom: api } = window as unknown as { Anteroom: Anteroom };
    const together = await Promise.allSettled([api.identify('of.bob.x'), api.set({})]);
    expect([together.map(({ status }) => status), done]).toEqual([['rejected', 'rejected'], []]);
    await api.page();
    expect(done).toEqual(['page']);
  });

  it('looks at no page any more whose chat was destroyed while the code came', async () => {
    const done: string[] = [];
    vi.stubGlobal('done', done);
    const comes = vi.fn<() => void>();
    vi.stubGlobal('here', new Promise<void>((come) => comes.mockImplementation(come)));
    const triggers = 'data:text/javascript,await here; export const watch = () => done.push("watch")';
    await runs({ watch: ['triggers'], assets: { triggers, calls: 'data:text/javascript,export const call = ({ life }, name) => { done.push(name); life.abort(); }' } });
    await (window as unknown as { Anteroom: Anteroom }).Anteroom.destroy();
    comes();
    await import(/* @vite-ignore */ triggers);
    expect(done).toEqual(['destroy']);
  });

  it('says nothing in the console where the storage is forbidden', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue();
    vi.stubGlobal('localStorage', undefined);
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    await runs({
      assets: {
        transport: 'data:text/javascript,export const start = () => {}',
        chat: 'data:text/javascript,export const show = (h, s, open) => calls.push(open)',
        en: 'data:text/javascript,export const strings = {}',
      },
    });
    button().click();
    await vi.waitFor(() => expect(calls).toEqual([true]));
    expect(logged).not.toHaveBeenCalled();
    expect(launchers()).toBe(1);
  });

  it('watches for page visits only where chains wait for some', async () => {
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    localStorage.clear();
    const assets = { triggers: 'data:text/javascript,export const watch = ({ settings }) => calls.push(settings.triggers[0].key)' };
    await runs({ assets });
    await runs({ assets, watch: ['triggers'], triggers: [{ key: 'w-0', url: '*' }] });
    expect(launchers()).toBe(1);
    delete (window as { Anteroom?: unknown }).Anteroom;
    await runs({ assets, watch: ['triggers'], triggers: [{ key: 'w-1', url: '*' }] });
    await vi.waitFor(() => expect(calls).toEqual(['w-1']));
  });

  it('gives an event of the page on with all that goes with it', async () => {
    const calls: unknown[] = [];
    vi.stubGlobal('calls', calls);
    await runs({ assets: { calls: 'data:text/javascript,export const call = async (host, name, args) => calls.push(name, ...args)' } });
    const { Anteroom } = window as unknown as { Anteroom: { event(name: string, data: object): Promise<void> } };
    await Anteroom.event('cart', { item: 'Tea' });
    expect(calls).toEqual(['event', 'cart', { item: 'Tea' }]);
  });

  it.each([
    ['nothing without a dialog before its button is pressed', '', '1', ['start', 'show true ']],
    ['the transport only, with a dialog and a closed window', '{"dialog":true}', '', ['start']],
    ['the window without the focus, when the last page of this tab had it open', '{"dialog":true}', '1', ['start', 'show true true']],
  ])('loads %s', async (_, record, opened, expected) => {
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    const settings = {
      assets: {
        transport: 'data:text/javascript,export const start = () => calls.push("start")',
        chat: 'data:text/javascript,export const show = (h, s, open, quiet) => calls.push(["show", open, quiet].join(" "))',
        en: 'data:text/javascript,export const strings = {}',
      },
    };
    localStorage.clear();
    sessionStorage.clear();
    if (record) localStorage.setItem('anteroom.shop', record);
    if (opened) sessionStorage.setItem('anteroom.shop.open', opened);
    await runs(settings);
    if (!record) button().click();
    await vi.waitFor(() => expect(calls).toEqual(expected));
    expect(localStorage).toHaveLength(record ? 1 : 0);
  });
});
