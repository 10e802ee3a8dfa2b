// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Draft, State } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Timeline } from '../src/chat/timeline';
import { Avatar } from '../src/chat/ui/Avatar';
import { Lazy } from '../src/chat/ui/lazy';
import { Log } from '../src/chat/ui/Log';
import { items } from '../src/chat/ui/view';
import { UploadList } from '../src/chat/upload/UploadList';
import type { Pending, Uploads } from '../src/chat/upload/uploads';
import type { Author, Entry } from '../src/chat/entry';
import { inside } from './inside';

const anna: Author = { party: 'operator', id: 'o1', name: 'Anna' };
const page = (from: number, to: number, author = anna): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: `e${from + i}`, seq: from + i, kind: 'message', at: 1, author, text: `Message ${from + i}` }));
const box = document.createElement('div');
const log = (): Element => box.querySelector('[role=log]') as Element;
const live = (): string | null => log().getAttribute('aria-live');
const greets = (): boolean => !!box.querySelector('.greeting');
const press = (name: string): void => {
  const found = [...box.querySelectorAll('button')].find((b) => (b.getAttribute('aria-label') ?? b.textContent) === name);
  if (!found) throw new Error(`no button ${name}`);
  found.click();
};

const pending = (cid: string, at: number): Pending => ({
  cid,
  name: 'a', file: new File(['x'], `file ${at}`), place: { at }, progress: 0, state: 'sending', code: undefined, failures: 0,
});

let sent: Draft[];
const session = { send: (draft: Draft) => sent.push(draft), markRead: () => undefined, older: () => undefined, unread: 0 };
const draw = async (timeline: Timeline, more: Partial<State> = {}, open = true): Promise<void> => {
  const state = { timeline, outbox: [], typing: [], writing: [], taken: [], read: 0, seen: 0, site: { name: 's', max_length: 9, max_file_size: 0 }, ...more } as unknown as State;
  Object.assign(session, { state });
  await act(() => {
    render(
      <Log state={state} items={items(timeline, state.outbox, state.seen, false, state.writing)} open={open}>
        {(_, rows) => rows}
      </Log>,
      box,
    );
  });
};
const waits = (): Promise<void> =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(1000);
  });

describe('the messages', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    document.body.append(box);
    inside(session);
  });
  afterEach(() => {
    render(null, box);
    box.remove();
    vi.useRealTimers();
  });

  it('begin with the greeting, unless the bot greets', async () => {
    await draw(emptyTimeline);
    expect(greets()).toBe(true);
    await draw(fold(emptyTimeline, page(1, 2, { party: 'visitor' })));
    expect(greets()).toBe(true);
    await draw(fold(emptyTimeline, page(1, 2, { party: 'bot' })));
    expect(greets()).toBe(false);
  });

  it('are read out as they come, but not the first page of them and not older ones', async () => {
    await draw(emptyTimeline, { site: undefined });
    await waits();
    expect(live()).toBe('off');
    const first = fold(emptyTimeline, page(51, 100));
    await draw(first);
    expect(live()).toBe('off');
    await waits();
    expect(live()).toBe('polite');
    const news = fold(first, page(101, 101));
    await draw(news);
    expect(live()).toBe('polite');
    await draw(fold(news, page(1, 50)));
    expect(live()).toBe('off');
    await waits();
    expect(live()).toBe('polite');
  });

  it('are read out once: what becomes of them is there to be looked up', async () => {
    const frame = { t: 'message', cid: 'c', text: 'Mine' } as const;
    const before = fold(emptyTimeline, page(1, 3, { party: 'visitor' }));
    const outbox = [{ frame, at: 2, tab: 't' }];
    await draw(before, { outbox });
    await waits();
    expect(live()).toBe('polite');
    const told: MutationRecord[] = [];
    const listener = new MutationObserver((records) => told.push(...records));
    listener.observe(log(), { subtree: true, childList: true, characterData: true });
    /** What a screen reader would read out: what is new and not in a part that is silent. */
    const heard = async (): Promise<string[]> => {
      await waits();
      const records = [...told.splice(0), ...listener.takeRecords()];
      const nodes = records.flatMap(({ target, addedNodes, type }) => (type === 'characterData' ? [target] : [...addedNodes]));
      return nodes.filter((n) => (n instanceof Element ? n : n.parentElement)?.closest('[aria-live]') === log()).map((n) => n.textContent ?? '');
    };
    await draw(before, { outbox, seen: 3 });
    const after = fold(before, [{ ...page(4, 4, { party: 'visitor' })[0], cid: 'c', text: 'Mine' } as Entry]);
    await draw(after, { seen: 3 });
    await draw(after, { seen: 4 });
    expect(await heard()).toEqual([]);
    await draw(fold(after, page(5, 5)), { seen: 4 });
    expect((await heard()).join()).toContain('Message 5');
    listener.disconnect();
  });

  it('have the picture of who writes, also where that of somebody before could not be shown', async () => {
    const shown = (name: string): Promise<void> => act(() => render(<Avatar author={{ party: 'operator', name, avatar: `${name}.png` }} />, box));
    await shown('Anna');
    await act(() => void box.querySelector('img')?.dispatchEvent(new Event('error')));
    expect(box.textContent).toBe('A');
    await shown('Boris');
    expect(box.querySelector('img')?.getAttribute('src')).toBe('https://chat.example/Boris.png');
  });

  it('are read out from the first one on where there were none', async () => {
    await draw(emptyTimeline);
    await waits();
    await draw(fold(emptyTimeline, page(1, 2)));
    expect(log().getAttribute('aria-live')).toBe('polite');
  });

  it('stand under their days by the calendar, where a day had 23 hours as well', async () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Europe/Berlin';
    try {
      // The clocks went forward in the night before.
      vi.setSystemTime(new Date(2026, 2, 30, 0, 30));
      const days = [28, 29, 30].map((day, i) => ({ ...page(i + 1, i + 1)[0], at: new Date(2026, 2, day, day < 30 ? 12 : 0, 10).getTime() }) as Entry);
      expect(new Date(2026, 2, 30).getTime() - new Date(2026, 2, 29).getTime()).toBe(23 * 3_600_000);
      await draw(fold(emptyTimeline, days), { ahead: 0 });
      expect([...box.querySelectorAll('.day')].map((day) => day.textContent)).toEqual(['March 28', 'Yesterday', 'Today']);
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('stay the same elements when older ones come before them', async () => {
    const first = fold(emptyTimeline, page(51, 60));
    await draw(first);
    const element = document.getElementById('m-e51');
    await draw(fold(first, page(41, 50)));
    expect(document.getElementById('m-e51')).toBe(element);
  });

  it('have what is said in their own way outside of the log', async () => {
    await draw(fold(emptyTimeline, page(1, 1)), { typing: [anna] });
    expect(box.textContent).toContain('Anna is typing…');
    expect(log().textContent).not.toContain('typing');
    expect(log().querySelector('[role=alert], [role=status]')).toBeNull();
  });

  it('have a mark above those that came while the window was closed, and above no others', async () => {
    const marked = (): string | null | undefined => box.querySelector('.new')?.nextElementSibling?.id;
    await draw(fold(emptyTimeline, page(1, 2)), { read: 2 });
    await draw(fold(emptyTimeline, page(1, 3)), { read: 2 });
    expect(marked()).toBeUndefined();
    await draw(fold(emptyTimeline, page(1, 3)), { read: 3 }, false);
    await draw(fold(emptyTimeline, page(1, 5)), { read: 3 }, false);
    expect(marked()).toBeUndefined();
    await draw(fold(emptyTimeline, page(1, 5)), { read: 3 });
    expect(box.querySelector('.new')?.textContent).toBe('New messages');
    await draw(fold(emptyTimeline, page(1, 6)), { read: 6 });
    expect(marked()).toBe('m-e4');
  });

  it('leave one line to who types, however long the name is', async () => {
    await draw(fold(emptyTimeline, page(1, 1)), { typing: [{ ...anna, name: 'Anna '.repeat(40) }] });
    expect(box.querySelector('.typing')?.textContent).toMatch(/^.{28}… is typing…$/);
  });

  it('with a file are never empty, also while its parts cannot be loaded', async () => {
    inside(session, { extras: new Lazy(() => Promise.reject(new Error('offline'))) });
    const file = { id: 'f', kind: 'image', name: 'a.png', type: 'image/png', size: 1, url: 'f' };
    await draw(fold(emptyTimeline, page(1, 1).map(({ text: _, ...entry }) => ({ ...entry, file }))));
    expect(log().querySelector('.bubble')?.textContent).toContain('a.png');
  });

  it('that wait for a file stand under it, and are no news before they are sent', async () => {
    const state = { timeline: fold(emptyTimeline, page(1, 1)), typing: [], taken: [{ at: 20 }], site: {} } as unknown as State;
    const outbox = [10, 30, 50].map((at) => ({ frame: { t: 'message', cid: `c${at}`, text: `at ${at}` } as const, at, tab: 't' }));
    const uploads = { list: [pending('a', 20), pending('b', 40)], lost: [], subscribe: () => () => undefined, end: () => undefined } as unknown as Uploads;
    inside({ ...session, state: { connection: { phase: 'online' } } });
    await act(() => {
      render(
        <Log state={state} items={items(state.timeline, outbox, 0)} open={true}>
          {(waiting, rows) => <UploadList uploads={uploads} waiting={waiting} rows={rows} />}
        </Log>,
        box,
      );
    });
    const order = [...box.querySelectorAll('.message')].map((e) => /Message 1|at \d0|file \d0/.exec(e.textContent ?? '')?.[0]);
    expect(order).toEqual(['Message 1', 'at 10', 'file 20', 'at 30', 'file 40', 'at 50']);
    expect(log().textContent).toContain('at 10');
    expect(log().textContent).not.toContain('at 30');
  });

  it('have a menu whose keys do without what younger browsers know', async () => {
    const asked = vi.spyOn(Element.prototype, 'matches');
    await draw(fold(emptyTimeline, page(1, 1)));
    await act(() => press('Message actions'));
    const menu = box.querySelector('[role=menu]');
    await act(() => void menu?.querySelector('button')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })));
    expect(box.querySelector('[role=menu]')).toBeNull();
    // Chrome before 120 would throw.
    expect(asked.mock.calls.flat().filter((what) => what.includes(':dir'))).toEqual([]);
    asked.mockRestore();
  });

  it('take the focus when the one is removed that had it', async () => {
    await draw(fold(emptyTimeline, page(1, 1, { party: 'visitor' })));
    await act(() => press('Message actions'));
    await act(() => press('Delete'));
    await act(() => press('Delete for everyone?'));
    expect(sent).toEqual([{ t: 'redact', target: 'e1' }]);
    expect(document.activeElement).toBe(log().closest('.log'));
  });
});
