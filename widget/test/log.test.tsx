// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Draft, State } from '../src/chat/session';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Timeline } from '../src/chat/timeline';
import { Lazy } from '../src/chat/ui/lazy';
import { Log } from '../src/chat/ui/Log';
import { items } from '../src/chat/ui/view';
import type { Author, Entry } from '../src/chat/wire';
import { inside } from './inside';

const anna: Author = { party: 'operator', id: 'o1', name: 'Anna' };
const page = (from: number, to: number, author = anna): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: `e${from + i}`, seq: from + i, kind: 'message', at: 1, author, text: `Message ${from + i}` }));
const box = document.createElement('div');
const log = (): Element => box.querySelector('[role=log]') as Element;
const live = (): string | null => log().getAttribute('aria-live');
const press = (name: string): void => {
  const found = [...box.querySelectorAll('button')].find((b) => (b.getAttribute('aria-label') ?? b.textContent) === name);
  if (!found) throw new Error(`no button ${name}`);
  found.click();
};

let sent: Draft[];
const session = { send: (draft: Draft) => sent.push(draft), markRead: () => undefined, older: () => undefined, unread: 0 };
const draw = async (timeline: Timeline, more: Partial<State> = {}): Promise<void> => {
  const state = { timeline, outbox: [], typing: [], site: { name: 's', max_length: 9, max_file_size: 0 }, ...more } as unknown as State;
  await act(() => {
    render(
      <Log state={state} items={items(timeline, [], 0)} open={true} onReply={() => undefined} onEdit={() => undefined}>
        {null}
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

  it('are read out from the first one on where there were none', async () => {
    await draw(emptyTimeline);
    await waits();
    await draw(fold(emptyTimeline, page(1, 2)));
    expect(log().getAttribute('aria-live')).toBe('polite');
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

  it('with a file are never empty, also while its parts cannot be loaded', async () => {
    inside(session, { extras: new Lazy(() => Promise.reject(new Error('offline'))) });
    const file = { id: 'f', kind: 'image', name: 'a.png', type: 'image/png', size: 1, url: 'f' };
    await draw(fold(emptyTimeline, page(1, 1).map(({ text: _, ...entry }) => ({ ...entry, file }))));
    expect(log().querySelector('.bubble')?.textContent).toContain('a.png');
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
