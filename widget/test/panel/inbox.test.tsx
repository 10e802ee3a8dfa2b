// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contact, LiveFrame } from '../../src/panel/forms';
import type { Panel } from '../../src/panel/context';
import { Inbox } from '../../src/panel/inbox/Inbox';
import { usual } from '../../src/panel/inbox/filter';
import { Inbox as Store } from '../../src/panel/inbox/inbox';
import { Socket } from '../socket';
import { Bridge, contact, panel, problem } from './bridge';
import type { Asked } from './bridge';

let bridge: Bridge;
let parts: Panel;
let hear: (frame: LiveFrame) => void;
let root: HTMLElement;
/** What the bridge has, in its order. */
let all: Contact[];
let acts: (asked: Asked) => Response;
let held: Map<string, (answer: Response) => void>;
const open = vi.fn<(id: string) => void>();

/** Somebody who waits since so many minutes past ten. */
function waits(id: string, minute: number, more: Partial<Contact> = {}): Contact {
  const known = contact({ id, name: id, number: minute, ...more });
  return { ...known, dialog: { ...known.dialog, waiting_since: `2026-11-24T10:${String(minute).padStart(2, '0')}:00Z`, unread: 0, ...more.dialog } };
}
const page = (items: readonly Contact[], next: string | null = null): Response => Response.json({ items, next, counts: { open: 3, closed: 0, mine: 0, unanswered: 3, online: 1 } });

const names = (): string => [...root.querySelectorAll('.item-name')].map((e) => e.textContent).join(' ');
const says = (): string => root.textContent ?? '';
const until = (right: () => boolean): Promise<boolean> =>
  vi.waitUntil(async () => {
    await act(() => Promise.resolve());
    return right();
  }, { timeout: 4500 });
const called = (e: HTMLElement): string => e.getAttribute('aria-label') ?? e.closest('label')?.textContent ?? e.textContent ?? '';
/** The control of this name, or else the first whose name begins so. */
function control(name: string): HTMLInputElement {
  const controls = [...root.querySelectorAll<HTMLInputElement>('button, input, select, a')];
  const found = controls.find((e) => called(e) === name) ?? controls.find((e) => called(e).startsWith(name));
  if (!found) throw new Error(`no ${name} in ${says()}`);
  return found;
}
const press = (name: string): Promise<void> => act(async () => control(name).click());
const type = (name: string, text: string): Promise<void> =>
  act(() => {
    const field = control(name);
    field.value = text;
    field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
  });
const pointer = (over: boolean): Promise<void> => act(() => void root.querySelector('.dialogs')?.dispatchEvent(new Event(over ? 'pointerenter' : 'pointerleave')));
/** From now on nothing is answered; returns what answers the last that was asked. */
function hold(): (answer: Response) => void {
  const asked: ((answer: Response) => void)[] = [];
  bridge.answer = () => new Promise<Response>((done) => void asked.push(done));
  return (answer) => asked.at(-1)?.(answer);
}
const lists = (): string[] => bridge.asked.filter(({ path }) => path.startsWith('/contacts?')).map(({ path }) => path);

beforeEach(async () => {
  sessionStorage.clear();
  location.hash = '';
  all = [waits('a', 1), waits('b', 2), waits('c', 3)];
  held = new Map();
  acts = () => Response.json({ done: 0, failed: [] });
  bridge = new Bridge();
  bridge.answer = (asked) => {
    if (asked.method !== 'GET') return acts(asked);
    const q = new URLSearchParams(asked.path.split('?')[1]).get('q');
    if (q !== null && held.has(q)) return new Promise<Response>((done) => held.set(q, done));
    return page(q === null ? all : all.filter(({ name }) => name.includes(q)));
  };
  ({ hear, ...parts } = await panel());
  root = document.createElement('div');
  document.body.append(root);
  await act(async () => {
    render(<Inbox selected={undefined} onOpen={open} />, root);
    hear({ type: 'ready' });
  });
  await until(() => names() === 'a b c');
});
afterEach(() => {
  render(null, root);
  root.remove();
  open.mockClear();
  Socket.all.length = 0;
  vi.unstubAllGlobals();
});

describe('What changes in the site', () => {
  it('is seen in its row at once; who comes takes a place while nobody points at the list', async () => {
    await act(() => hear({ type: 'changed', contacts: [waits('b', 2, { tags: ['returns'] }), waits('d', 0)] }));
    expect(names()).toBe('d a b c');
    expect(says()).toContain('returns');
  });

  it('moves nothing under a pointer, and a button says how many are new', async () => {
    await pointer(true);
    await act(() => hear({ type: 'changed', contacts: [waits('d', 0)] }));
    expect(names()).toBe('a b c');
    await press('1 new');
    expect(names()).toBe('d a b c');
    expect(says()).not.toContain('1 new');
  });

  it('leaves a row that does not belong here any more until the pointer is gone', async () => {
    await pointer(true);
    await act(() => hear({ type: 'changed', contacts: [contact({ id: 'b', name: 'b', dialog: { ...contact().dialog, status: 'closed' } })] }));
    expect(names()).toBe('a b c');
    expect(says()).toContain('No longer in this list');
    await pointer(false);
    expect(names()).toBe('a c');
  });

  it('is asked for again when the socket was away', async () => {
    all = [waits('z', 0), waits('a', 1)];
    await act(() => hear({ type: 'ready' }));
    await until(() => names() === 'z a');
    expect(says()).not.toMatch(/\d new/);
  });

  it('takes an erased contact away at once, whoever points at it', async () => {
    await pointer(true);
    await act(() => hear({ type: 'gone', contact: 'b' }));
    expect(names()).toBe('a c');
  });
});

describe('An answer that is awaited', () => {
  it('does not undo what the socket said meanwhile', async () => {
    const { answer } = bridge;
    const [old, before, late] = [all, lists().length, hold()];
    await act(() => hear({ type: 'ready' }));
    await until(() => lists().length > before);
    bridge.answer = answer;
    all = [waits('c', 3), waits('d', 4)];
    await act(() => hear({ type: 'gone', contact: 'b' }));
    const closed = { ...contact().dialog, status: 'closed' as const };
    await act(() => hear({ type: 'contact', contact: waits('a', 1, { dialog: closed }) }));
    await act(async () => late(page([...old, waits('d', 4)])));
    await until(() => names().includes('d'));
    expect(names()).toBe('c d');
    expect(parts.contacts.get('a')?.dialog.status).toBe('closed');
    expect(parts.contacts.get('b')).toBeUndefined();
  }, 10_000);

  it('is waited for without looking all the time whether it came', async () => {
    await act(async () => render(null, root));
    vi.useFakeTimers();
    const store = new Store(parts.api, parts.live, parts.contacts, '@anna:example.com', usual);
    try {
      await vi.advanceTimersByTimeAsync(0);
      expect(store.state.phase).toBe('ready');
      const { answer } = bridge;
      const late = hold();
      hear({ type: 'ready' });
      await vi.advanceTimersByTimeAsync(0);
      const asked = lists().length;
      hear({ type: 'ready' });
      await vi.advanceTimersByTimeAsync(5000);
      const timers = vi.spyOn(globalThis, 'setTimeout');
      await vi.advanceTimersByTimeAsync(4000);
      expect(timers.mock.calls.length).toBeLessThan(3);
      expect(lists()).toHaveLength(asked);
      bridge.answer = answer;
      late(page(all));
      await vi.advanceTimersByTimeAsync(4000);
      expect(lists()).toHaveLength(asked + 1);
    } finally {
      store.stop();
      vi.useRealTimers();
    }
  });
});

describe('The search', () => {
  it('asks when the typing rests, and an answer that comes too late is nobody’s', async () => {
    held.set('a', () => undefined);
    await type('Search', 'a');
    await until(() => lists().some((path) => path.includes('q=a')));
    await type('Search', 'b');
    await until(() => names() === 'b');
    await act(async () => held.get('a')?.(page([waits('a', 1)])));
    expect(names()).toBe('b');
    expect(location.hash).toContain('words=b');
  });

  it('does not guess whether who changed is found, but asks', async () => {
    await type('Search', 'c');
    await until(() => names() === 'c');
    const before = lists().length;
    all = [...all, waits('cc', 9)];
    await act(() => hear({ type: 'changed', contacts: [waits('cc', 9)] }));
    expect(names()).toBe('c');
    await until(() => names() === 'c cc');
    expect(lists().slice(before).some((path) => path.includes('q=c') && !path.includes('limit=1&'))).toBe(true);
  }, 10_000);

  it('says that nothing is found, and shows all again', async () => {
    await type('Search', 'nobody');
    await until(() => says().includes('Nothing found'));
    await press('Show all dialogs');
    await until(() => names() === 'a b c');
    expect(control('Search').value).toBe('');
    expect(lists().at(-1)).not.toContain('status');
  });
});

describe('What is done to many', () => {
  it('is done once, and who it was not done for stays selected, with the reason', async () => {
    await press('Select a');
    await press('Select b');
    acts = () => Response.json({ done: 1, failed: [{ id: 'b', code: 'too_many_tags', detail: 'A contact has at most 50 tags.' }] });
    await press('Apply · 2');
    expect(says()).toContain('Write a tag.');
    expect(bridge.acts).toHaveLength(0);
    await type('Tag', 'vip');
    await act(async () => void control('Apply · 2').closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
    await until(() => says().includes('Not done for 1 dialog'));
    expect(says()).toContain('b: A contact has at most 50 tags.');
    expect(says()).toContain('1 selected');
    expect(bridge.acts.map(({ method, path, body }) => [method, path, body])).toEqual([['POST', '/contacts/bulk', { ids: ['a', 'b'], tag: 'vip' }]]);
    expect(bridge.acts[0]?.key).toBeTruthy();
  });

  it('leaves all selected where nobody answers', async () => {
    await press('Select all that are shown');
    acts = () => problem(500, 'internal');
    await type('What to do', 'closed');
    await act(async () => void control('Apply · 3').closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
    await until(() => says().includes('The rest is still selected'));
    expect(says()).toContain('3 selected');
    expect(bridge.acts[0]?.body).toEqual({ ids: ['a', 'b', 'c'], status: 'closed' });
  });
});

it('a view is a step that the browser goes back from', async () => {
  await press('Closed');
  await until(() => lists().at(-1)?.includes('status=closed') === true);
  expect(location.hash).toBe('#view=closed');
  await act(() => {
    location.hash = '';
    dispatchEvent(new PopStateEvent('popstate'));
  });
  await until(() => lists().at(-1)?.includes('status=open') === true);
});

it('a list that the tab remembers is in the address, so that going back from a card brings the same', async () => {
  await act(async () => render(null, root));
  sessionStorage.setItem('anteroom.panel.inbox.shop', 'view=closed');
  await act(async () => render(<Inbox selected={undefined} onOpen={open} />, root));
  await until(() => lists().at(-1)?.includes('status=closed') === true);
  expect(location.hash).toBe('#view=closed');
});

it('a list that does not come says so, and comes with another try', async () => {
  const answer = bridge.answer;
  bridge.answer = () => problem(400, 'bad_request', 'No.');
  await press('Mine');
  await until(() => says().includes('could not be loaded'));
  bridge.answer = answer;
  await press('Try again');
  await until(() => names() === 'a b c');
  expect(says()).not.toContain('could not be loaded');
});

it('the file holds what the list shows, in an order of its own', async () => {
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
  await press('Closed');
  await press('Save as CSV');
  await until(() => bridge.asked.some(({ path }) => path.startsWith('/contacts.csv')));
  expect(bridge.asked.at(-1)?.path).toBe('/contacts.csv?status=closed');
});
