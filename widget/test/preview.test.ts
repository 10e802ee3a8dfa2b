// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { attend } from '../src/chat/attention/attention';
import { preview } from '../src/chat/preview/preview';
import type { Session } from '../src/chat/session';
import type { State } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Entry } from '../src/chat/entry';
import type { Host } from '../src/loader/host';
import { Shelf } from './shelf';

let session: { life: AbortController; state: State; listener: () => void; subscribe: (listener: () => void) => void };
let root: ShadowRoot;
let host: Host;
const show = vi.fn<(open: boolean) => void>();

const entry = (seq: number, rest: Partial<Entry> = {}): Entry => ({
  id: `e${seq}`, seq, kind: 'message', at: seq, author: { party: 'bot' }, text: `text ${seq}`, ...rest,
});
const says = (...entries: Entry[]): void => {
  session.state = { ...session.state, timeline: fold(session.state.timeline, entries) };
  session.listener();
};
const card = (): Element => root.querySelector('.preview') as Element;
const press = (name: string): void => {
  const found = [...card().querySelectorAll('button')].find((b) => (b.getAttribute('aria-label') ?? b.textContent) === name);
  if (!found) throw new Error(`no button ${name}`);
  found.click();
};
/** A page view in which the widget has drawn its launcher. */
const visit = (language: 'en' | 'ru' = 'en'): void => {
  const element = document.createElement('anteroom-chat');
  document.body.replaceChildren(element);
  root = element.attachShadow({ mode: 'open' });
  const launcher = document.createElement('button');
  launcher.setAttribute('aria-expanded', 'false');
  root.append(launcher);
  host = { settings: { site: 'shop', assets: {}, words: {}, fallback: 'en' }, base: '', language, root, launcher, badge: () => undefined, show, life: new AbortController() } as unknown as Host;
  session = {
    life: new AbortController(),
    state: { timeline: emptyTimeline, read: 0 } as State,
    listener: () => undefined,
    subscribe(listener) {
      this.listener = listener;
    },
  };
  preview(host, session as unknown as Session);
};

beforeEach(() => {
  vi.stubGlobal('localStorage', new Shelf());
  visit();
});
afterEach(() => {
  show.mockClear();
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

it('the place of the preview is there before anything is said, and stands before the launcher', () => {
  expect(card().getAttribute('role')).toBe('status');
  expect(card().childNodes).toHaveLength(0);
  expect(card().nextElementSibling).toBe(host.launcher);
});

it('what was said last is shown, as text, and opens the chat', () => {
  says(entry(1), entry(2, { text: 'May I <b>help</b>?', author: { party: 'operator', name: 'Anna' } }), entry(3, { author: { party: 'visitor' } }));
  press('AnnaMay I <b>help</b>?');
  expect(show).toHaveBeenCalledWith(true);
});

it('what is shown is the message as it stands now', () => {
  says(entry(1, { text: 'Hellp' }), entry(2, { kind: 'edit', target: 'e1', text: 'Hello' }));
  expect(card().textContent).toContain('AssistantHello');
  says(entry(3, { kind: 'redaction', target: 'e1' }));
  expect(card().textContent).toBe('');
  const file = { id: 'f', kind: 'file', name: 'prices.pdf', type: 'application/pdf', size: 1, url: 'f' };
  const { text: _, ...rest } = entry(4);
  says({ ...rest, file });
  expect(card().textContent).toContain('prices.pdf');
});

it('nothing is drawn anew by what changes nothing in it', () => {
  says(entry(1));
  const [button] = card().children;
  session.listener();
  expect(card().firstChild).toBe(button);
});

it('goes when the window opens or the message is read, and stays away while the window is open', async () => {
  says(entry(1));
  host.launcher.setAttribute('aria-expanded', 'true');
  await vi.waitFor(() => expect(card().textContent).toBe(''));
  says(entry(2));
  expect(card().textContent).toBe('');
  host.launcher.setAttribute('aria-expanded', 'false');
  await vi.waitFor(() => expect(card().textContent).toContain('text 2'));
  session.state = { ...session.state, read: 2 };
  session.listener();
  expect(card().textContent).toBe('');
});

it('what was hidden stays hidden, on the next page too, and the next message does not', () => {
  says(entry(1));
  press('Hide the message');
  expect(card().textContent).toBe('');
  expect(root.activeElement).toBe(host.launcher);
  session.listener();
  expect(card().textContent).toBe('');
  visit('ru');
  says(entry(1));
  expect(card().textContent).toBe('');
  says(entry(2));
  expect(card().textContent).toContain('Помощник');
  press('Скрыть сообщение');
  expect(card().textContent).toBe('');
});

it('what was hidden stays hidden on its page where the browser keeps nothing', () => {
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new Error('forbidden');
    },
    setItem: () => {
      throw new Error('forbidden');
    },
  });
  says(entry(1));
  press('Hide the message');
  session.listener();
  expect(card().textContent).toBe('');
});

it('a session is watched once', () => {
  preview(host, session as unknown as Session);
  expect(root.querySelectorAll('.preview')).toHaveLength(1);
});

it('there is none for a session that has ended while this was loaded', () => {
  const ended = { ...session, life: new AbortController() };
  ended.life.abort();
  attend(host, ended as unknown as Session);
  expect(root.querySelectorAll('.preview')).toHaveLength(1); // that of the session which has not
});

it.each([true, false])('makes ready to ring only where the site is not quiet: %s', (quiet) => {
  const made = vi.fn<() => void>();
  vi.stubGlobal('AudioContext', class {
    constructor() {
      made();
    }
    resume = (): Promise<void> => Promise.resolve();
    suspend = (): Promise<void> => Promise.resolve();
    close = (): Promise<void> => Promise.resolve();
  });
  vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
  Object.assign(host.settings, { quiet });
  attend(host, Object.assign(session, { unread: 0 }) as unknown as Session);
  dispatchEvent(new Event('click'));
  session.life.abort();
  expect(made).toHaveBeenCalledTimes(quiet ? 0 : 1);
});

it('the focus stays on its button when another message comes, and goes to the launcher when there is none', () => {
  says(entry(1));
  for (const n of [0, 1]) {
    card().querySelectorAll('button')[n]?.focus();
    says(entry(n + 2));
    expect(root.activeElement).toBe(card().querySelectorAll('button')[n]);
  }
  // Read in another tab.
  session.state = { ...session.state, read: 3 };
  session.listener();
  expect(root.activeElement).toBe(host.launcher);
  says(entry(4));
  expect(root.activeElement).toBe(host.launcher);
});

it('what is hidden in one tab goes in all', () => {
  says(entry(1));
  localStorage.setItem('anteroom.shop.hidden', 'e1');
  dispatchEvent(new Event('storage'));
  expect(card().textContent).toBe('');
});
