// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Quote } from '../src/chat/extras/Parts';
import { Session } from '../src/chat/session';
import { Keep } from '../src/chat/storage';
import type { Entry } from '../src/chat/entry';
import { rare } from '../src/i18n/en.rare';
import { inside } from './inside';
import { Shelf } from './shelf';
import { Socket } from './socket';

const element = document.createElement('div');
const root = element.attachShadow({ mode: 'open' });
const [log, box, field, old] = ['div', 'div', 'textarea', 'article'].map((name) => document.createElement(name)) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
let session: Session;

const page = (from: number, to: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: `e${from + i}`, seq: from + i, kind: 'message', at: 1, author: { party: 'operator' }, text: `text ${from + i}` }));
const quote = (): HTMLButtonElement => box.querySelector('button') as HTMLButtonElement;
const asked = (): number => Socket.last.sent.filter(({ t }) => t === 'history').length;
/** What the visitor does, with all that follows of it. */
const does = (what: () => unknown): Promise<void> => act(async () => {
  what();
  // The search is a chunk of its own.
  await vi.dynamicImportSettled();
  await new Promise((done) => setTimeout(done));
});
const acts = (on: Element, type: string, more: object = {}): Promise<void> =>
  does(() => on.dispatchEvent(Object.assign(new Event(type, { bubbles: true, composed: true }), more)));
/** The gateway answers with the messages before those that are here. */
const answers = (from: number, to: number, more: boolean): Promise<void> => does(() => Socket.last.hears({ t: 'history', before: to + 1, entries: page(from, to), more }));

beforeEach(async () => {
  Socket.all.length = 0;
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('localStorage', new Shelf());
  session = new Session('https://chat.example/v1/shop/', new Keep('shop'), 'en', () => undefined);
  session.start();
  Socket.last.opens();
  Socket.last.hears({ t: 'welcome', site: { name: 's', max_length: 512, max_file_size: 1 }, seq: 150, entries: page(101, 150), more: true, read: 150, seen: 0 });
  inside(session, { host: { root } as never });
  old.id = 'm-e20';
  log.replaceChildren();
  root.replaceChildren(log, box, field);
  document.body.append(element);
  await act(() => render(<Quote id="e20" quoted={undefined} />, box));
  // As the log does.
  session.subscribe(() => {
    if (session.state.timeline.messages.some(({ id }) => id === 'e20')) log.append(old);
  });
});
afterEach(() => {
  session.end();
  render(null, box);
  element.remove();
  vi.unstubAllGlobals();
});

it('what is answered and is not here says so in words; it is looked for page by page, and shown', async () => {
  expect(quote().textContent).toBe(rare.original);
  await does(() => quote().click());
  expect([quote().textContent, quote().getAttribute('aria-busy'), asked()]).toEqual([`…${rare.cancel}`, 'true', 1]);
  // Of a screen reader, that falls silent.
  await acts(quote(), 'keydown', { key: 'Control' });
  await answers(51, 100, true);
  expect([quote().getAttribute('aria-busy'), asked()]).toEqual(['true', 2]);
  await answers(1, 50, false);
  expect(quote().getAttribute('aria-busy')).toBe('false');
  expect(root.activeElement).toBe(old);
});

it('a search that was ended before its code was there asks for nothing', async () => {
  const begun = act(() => quote().click());
  const ended = does(() => quote().click());
  await Promise.all([begun, ended]);
  expect([quote().textContent, asked()]).toEqual([rare.original, 0]);
});

it('one more press ends the search', async () => {
  await does(() => quote().click());
  await acts(quote(), 'pointerdown');
  expect(quote().textContent).toContain(rare.cancel);
  await does(() => quote().click());
  expect(quote().textContent).toBe(rare.original);
  await answers(51, 100, true);
  expect(asked()).toBe(1);
});

it('Escape ends the search, and leaves the window', async () => {
  const closes = vi.fn<(event: Event) => void>();
  field.addEventListener('keydown', closes);
  await does(() => quote().click());
  await acts(field, 'keydown', { key: 'Escape' });
  expect([quote().getAttribute('aria-busy'), closes.mock.calls.length]).toEqual(['false', 0]);
});

it.each([
  ['writes', field, 'input', {}],
  ['sends', field, 'keydown', { key: 'Enter' }],
  ['presses something', log, 'pointerdown', {}],
  ['scrolls', log, 'wheel', {}],
  ['scrolls by a key', box, 'keydown', { key: 'PageUp' }],
])('who %s meanwhile has gone on, and stays there', async (_what, on, type, more) => {
  await does(() => quote().click());
  field.focus();
  await acts(on, type, more);
  expect(quote().getAttribute('aria-busy')).toBe('false');
  await answers(1, 100, false);
  expect(log.contains(old)).toBe(true);
  expect([root.activeElement, asked()]).toEqual([field, 1]);
});
