// @vitest-environment happy-dom
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { more } from '../src/chat/more/more';
import { rare } from '../src/i18n/en.rare';
import { inside } from './inside';

const element = document.createElement('div');
const root = element.attachShadow({ mode: 'open' });
const [head, button, field] = ['header', 'button', 'textarea'].map((name) => document.createElement(name)) as [HTMLElement, HTMLElement, HTMLElement];
const notify = vi.fn<(sentence: string) => void>();
/** Answers to what is asked of mails, the first one first. */
let answers: ((answer: Response) => void)[];
const find = (what: string): HTMLElement => root.querySelector(what) as HTMLElement;
const replies = (n: number): Promise<void> => 
  act(async () => {
    answers[n]?.(Response.json({ known: 'm…@example.org', answers: false }));
    await new Promise((done) => setTimeout(done));
  });

beforeEach(async () => {
  answers = [];
  notify.mockClear();
  vi.stubGlobal('fetch', () => new Promise((done) => answers.push(done)));
  head.replaceChildren(button);
  root.replaceChildren(head, field);
  document.body.append(element);
  const session = { state: { site: { mails: ['transcript'] } }, secret: 's', life: new AbortController() };
  const host = { settings: { site: 'shop', notify: 'off' }, base: 'https://chat.example/', root };
  inside(session, { host: host as never, notify });
  button.focus();
  await act(() => more());
  await act(() => [...root.querySelectorAll<HTMLElement>('[role=menuitem]')].at(-1)?.click());
  await replies(0);
  await act(() => void find('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
});
afterEach(() => {
  element.remove();
  vi.unstubAllGlobals();
});

it('a mail that was asked for is told, with the focus back on the button', async () => {
  await replies(1);
  expect(find('form')).toBeNull();
  expect(notify).toHaveBeenCalledExactlyOnceWith(rare.menu.sent('m…@example.org'));
  expect(root.activeElement).toBe(button);
});

it('a mail that does not come is not promised: it is said why, and the form stays for another address', async () => {
  await act(async () => {
    answers[1]?.(Response.json({ code: 'unsubscribed', text: 'No.' }, { status: 409 }));
    await new Promise((done) => setTimeout(done));
  });
  expect(notify).toHaveBeenCalledExactlyOnceWith(rare.errors.unsubscribed);
  expect(find('form.mail')).not.toBeNull();
});

it('a slow answer takes the focus from nobody who went on, and no other menu away', async () => {
  await act(() => void field.dispatchEvent(new Event('pointerdown', { bubbles: true, composed: true })));
  expect(find('form')).toBeNull();
  field.focus();
  await act(() => more());
  field.focus();
  await replies(1);
  expect(notify).toHaveBeenCalledTimes(1);
  expect(root.activeElement).toBe(field);
  expect(find('[role=menu]')).not.toBeNull();
});

it.each([
  ['Safari, which gives the focus to no button that is pressed', () => root.querySelector<HTMLElement>('.window')],
  ['one who has gone to the text field while it loads', () => field],
])('the dots say that the menu is open, and close it: %s', async (_who, focused) => {
  const dialog = document.createElement('div');
  dialog.className = 'window';
  dialog.tabIndex = -1;
  root.append(dialog);
  head.replaceChildren(button);
  const has = focused() as HTMLElement;
  has.focus();
  await act(() => more());
  expect([button.getAttribute('aria-expanded'), has.getAttribute('aria-expanded')]).toEqual(['true', null]);
  await act(() => void dialog.dispatchEvent(new Event('pointerdown', { bubbles: true, composed: true })));
  expect([find('[role=menu]'), button.getAttribute('aria-expanded')]).toEqual([null, 'false']);
});

it('a press on the page beside the window closes the menu', async () => {
  head.replaceChildren(button);
  await act(() => more());
  expect(find('[role=menu]')).not.toBeNull();
  await act(() => void document.body.dispatchEvent(new Event('pointerdown', { bubbles: true })));
  expect(find('[role=menu]')).toBeNull();
});
