// @vitest-environment happy-dom
import { h, render } from 'preact';
import type { VNode } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Banner, Earlier, Failed, Jump, Reactions } from '../src/chat/extras/Parts';
import { emptyTimeline } from '../src/chat/timeline';
import type { Item } from '../src/chat/ui/view';
import { words } from '../src/i18n/en.files';
import { rare } from '../src/i18n/en.rare';
import { Desk } from '../src/chat/upload/Desk';
import type { Intake } from '../src/chat/upload/intake';
import { UploadList } from '../src/chat/upload/UploadList';
import type { Pending, Uploads } from '../src/chat/upload/uploads';
import { inside } from './inside';

const element = document.createElement('div');
const root = element.attachShadow({ mode: 'open' });
const log = document.createElement('div');
const field = document.createElement('textarea');
const box = document.createElement('div');
const session = { state: { timeline: emptyTimeline, connection: { phase: 'online' }, outbox: [] }, discard: () => undefined, send: () => undefined, older: () => undefined };
const item = { id: 'e1', text: 'Words', author: { party: 'operator' }, reactions: [{ key: '👍', id: 'e2', author: { party: 'visitor' } }] } as unknown as Item;
const pending: Pending = { name: 'a', cid: 'c', file: new File(['x'], 'a.txt'), place: { at: 0 }, progress: 0, state: 'sending', code: undefined, failures: 0 };
const uploads = (list: readonly Pending[], ...names: string[]): Uploads =>
  ({ list, lost: names.map((name, key) => ({ name, key })), subscribe: () => () => undefined, end: () => undefined }) as unknown as Uploads;
const intake = { held: [], busy: false, refused: [{ file: new File(['x'], 'a.exe'), why: 'badType' }], subscribe: () => () => undefined, end: () => undefined } as unknown as Intake;

beforeEach(() => {
  const form = document.createElement('form');
  log.className = 'log';
  log.tabIndex = 0;
  form.className = 'composer';
  form.append(field);
  root.replaceChildren(log, form, box);
  document.body.append(element);
  inside(session, { host: { settings: { site: 'shop' }, base: 'https://chat.example/', root } as never });
});
afterEach(async () => {
  await act(() => render(null, box));
  element.remove();
});

const none = (): void => undefined;
it.each<[string, () => VNode, Element]>([
  ['a message that was refused', () => <Failed item={item} code="internal" cid="c" />, log],
  ['the bar of an answer', () => <Banner about={{ item, send: none }} onLost={none} />, field],
  ['the way to the newest', () => <Jump below={1} onClick={none} />, log],
  ['the way to older ones', () => <Earlier />, log],
  ['the only reaction', () => <Reactions item={item} />, log],
  ['a file on its way', () => <UploadList uploads={uploads([pending])} waiting={[]} rows={[]} />, log],
  ['a file of the last page', () => <UploadList uploads={uploads([], 'a.txt')} waiting={[]} rows={[]} />, log],
  ['files that are not taken', () => <Desk intake={intake} words={words} rare={rare} />, log],
])('what goes with %s leaves the focus in the window', async (_what, part, to) => {
  await act(() => render(<div>{part()}</div>, box));
  const button = box.querySelector('button');
  button?.focus();
  expect(root.activeElement).toBe(button);
  await act(() => render(<div />, box));
  await vi.waitFor(() => expect(root.activeElement).toBe(to));
});

it('one of several reactions that goes leaves the focus in the window', async () => {
  const two = { ...item, reactions: [...item.reactions, { key: '🎉', id: 'e3', author: { party: 'operator' } }] } as unknown as Item;
  await act(() => render(<Reactions item={two} />, box));
  box.querySelector('button')?.focus();
  await act(() => render(<Reactions item={{ ...two, reactions: two.reactions.slice(1) }} />, box));
  await vi.waitFor(() => expect(root.activeElement).toBe(log));
});

it('takes the focus from nobody', async () => {
  await act(() => render(<Earlier />, box));
  box.querySelector('button')?.focus();
  await act(() => {
    field.focus();
    render(null, box);
  });
  expect(root.activeElement).toBe(field);
});
