// @vitest-environment happy-dom
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { show } from '../src/chat/ui/chat';
import { strings } from '../src/i18n/en';
import type { Host } from '../src/loader/host';
import type { Welcome } from '../src/chat/wire';
import { Socket } from './socket';

const welcome: Welcome = { t: 'welcome', site: { name: 's', max_length: 512, max_file_size: 1000 }, seq: 0, entries: [], read: 0, seen: 0 };
const close = vi.fn<(open: boolean) => void>();
let host: Host;

/** A page's chat, which nobody has opened yet. */
function newHost(): Host {
  const element = document.createElement('anteroom-chat');
  const launcher = document.createElement('button');
  launcher.append(document.createElementNS('http://www.w3.org/2000/svg', 'svg'));
  launcher.firstElementChild?.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  document.body.append(element);
  return {
    settings: { site: 'shop', assets: {}, words: {}, fallback: 'en' } as unknown as Host['settings'],
    base: 'https://chat.example/',
    language: 'en',
    root: element.attachShadow({ mode: 'open' }),
    launcher,
    badge: () => undefined,
    show: close,
    life: new AbortController(),
  } as unknown as Host;
}

const find = (what: string): Element => host.root.querySelector(what) as Element;

const press = (more: object): Promise<void> =>
  act(() => void find('textarea').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, ...more })));

beforeEach(async () => {
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('visualViewport', null);
  host = newHost();
  await act(() => show(host, strings, true));
  await vi.waitUntil(() => find('dialog[open]'));
});
afterEach(async () => {
  // What is drawn is taken away: an effect that is left would run when the page is gone.
  await act(() => host.clear?.());
  host.life.abort();
  host.root.host.remove();
  localStorage.clear();
  sessionStorage.clear();
  close.mockClear();
  vi.unstubAllGlobals();
});

it('Escape of an input method does not close the window', async () => {
  await press({ isComposing: true });
  await press({ keyCode: 229 });
  expect(close).not.toHaveBeenCalled();
  await press({ keyCode: 27 });
  expect(close).toHaveBeenCalledTimes(1);
});

const entry = (seq: number, text: string): object => ({ id: `e${seq}`, seq, kind: 'message', at: Date.now(), author: { party: 'operator', name: 'Anna' }, text });

// It is the first welcome of the session that tells what is new.
it('opened before its messages come, says where the new ones begin', async () => {
  Socket.last.opens();
  const focused = vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  await act(() => Socket.last.hears({ ...welcome, seq: 2, read: 1, entries: [entry(1, 'old'), entry(2, 'new')] } as Welcome));
  await vi.waitUntil(() => find('.day.new'));
  const order = [...host.root.querySelectorAll('.new, article .text')].map((e) => e.className);
  expect(order).toEqual(['text', 'day new', 'text']);
  focused.mockRestore();
});

it('keeps the message field where it is when quick replies go that stood beside other words', async () => {
  Socket.last.opens();
  const quick = { ...entry(1, 'Tea?'), author: { party: 'bot' }, offer: { buttons: [{ text: 'Yes' }], quick: true } };
  await act(() => Socket.last.hears({ ...welcome, site: { ...welcome.site, away: { text: 'Closed', for: 3_600_000 } }, seq: 1, entries: [quick] } as unknown as Welcome));
  await vi.waitUntil(() => find('.replies') && find('.away'));
  const gone: Node[] = [];
  const watch = new MutationObserver((records) => gone.push(...records.flatMap(({ removedNodes }) => [...removedNodes])));
  watch.observe(find('dialog'), { childList: true });
  await act(() => Socket.last.hears({ t: 'entry', entry: entry(2, 'I am Anna') } as never));
  await vi.waitUntil(() => !find('.replies'));
  gone.push(...watch.takeRecords().flatMap(({ removedNodes }) => [...removedNodes]));
  expect(gone.map((node) => (node as Element).className)).toEqual([]);
});

it('what comes while it is open has no mark, nor has the first message of all', async () => {
  Socket.last.opens();
  await act(() => Socket.last.hears(welcome));
  await act(() => Socket.last.hears({ t: 'entry', entry: entry(1, 'Hello') } as never));
  await vi.waitUntil(() => find('article'));
  await act(() => Socket.last.hears({ t: 'entry', entry: entry(2, 'I am Anna') } as never));
  await vi.waitUntil(() => host.root.querySelectorAll('article').length === 2);
  expect(find('.new')).toBeNull();
});

it('a message that was not sent says so when the visitor is shut out, and goes when that is over', async () => {
  Socket.last.opens();
  await act(() => Socket.last.hears(welcome));
  await act(() => {
    (find('textarea') as HTMLTextAreaElement).value = 'hello';
    find('textarea').dispatchEvent(new Event('input', { bubbles: true }));
  });
  await act(() => void find('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
  await vi.waitUntil(() => find('.state'));
  expect(find('.state').textContent).toBe('Sending…');
  await act(() => {
    Socket.last.hears({ t: 'error', code: 'blocked', text: '' });
    Socket.last.breaks(4001);
  });
  expect(find('.state').textContent).toBe('Not sent');
  expect(find('textarea')).toBeNull();
  // The block is lifted, and the visitor opens the window.
  const shut = Socket.last;
  await act(() => show(host, strings, true));
  expect(Socket.last).not.toBe(shut);
  expect(find('textarea')).toBeNull();
  Socket.last.opens();
  await act(() => Socket.last.hears(welcome));
  expect(find('.state').textContent).toBe('Sending…');
  expect(find('textarea')).not.toBeNull();
});

const head = (): string | null => find('header p').textContent;
const says = (seq: number, party: 'operator' | 'bot' | 'visitor'): Promise<void> =>
  act(() =>
    Socket.last.hears({
      t: 'entry',
      entry: { id: `e${seq}`, seq, kind: 'message', at: Date.now(), author: { party, name: party === 'operator' ? 'Anna' : '' }, text: 'x' },
    }),
  );

it('is headed by the operator who answers, until the bot does', async () => {
  Socket.last.opens();
  await act(() => Socket.last.hears(welcome));
  await says(1, 'operator');
  await says(2, 'visitor');
  expect(head()).toBe('Anna is answering you');
  await says(3, 'bot');
  expect(head()).toBe(strings.subtitle);
});

it('is headed by nobody once the operators have left, also after a new connection', async () => {
  Socket.last.opens();
  await act(() => Socket.last.hears(welcome));
  await says(11, 'operator');
  await act(() => Socket.last.hears({ t: 'left', seq: 11 }));
  expect(head()).toBe(strings.subtitle);
  await says(12, 'operator');
  expect(head()).toBe('Anna is answering you');
  await act(() => Socket.last.breaks(4000));
  await act(() => show(host, strings, true));
  Socket.last.opens();
  await act(() => Socket.last.hears({ ...welcome, seq: 12, left: 11 }));
  expect(head()).toBe('Anna is answering you');
  await act(() => Socket.last.breaks(4000));
  await act(() => show(host, strings, true));
  Socket.last.opens();
  await act(() => Socket.last.hears({ ...welcome, seq: 12, left: 12 }));
  expect(head()).toBe(strings.subtitle);
});
