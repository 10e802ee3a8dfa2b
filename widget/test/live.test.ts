// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live } from '../src/chat/live';
import type { Now } from '../src/chat/live';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Timeline } from '../src/chat/timeline';
import type { Author, Entry } from '../src/chat/entry';
import type { ServerFrame, Stream } from '../src/chat/wire';

const bot: Author = { party: 'bot' };
const anna: Author = { party: 'operator', id: 'o1', name: 'Anna' };
let timeline: Timeline;
let live: Live;
let now: Now;

const hears = (...frames: ServerFrame[]): void => {
  for (const frame of frames) live.take(frame, timeline);
};
const piece = (n: number, text: string, id = 'a'): Stream => ({ t: 'stream', id, n, text });
const gone = (id = 'a'): Stream => ({ t: 'stream', id, n: 0, gone: true });
/** The journal has the entry, and then the frame is passed on. */
const said = (seq: number, rest: Partial<Entry>): void => {
  const entry: Entry = { id: `e${seq}`, seq, kind: 'message', at: seq, author: bot, ...rest };
  timeline = fold(timeline, [entry]);
  hears({ t: 'entry', entry });
};
const welcome = (): void => {
  hears({ t: 'welcome', site: { name: 's', max_length: 9, max_file_size: 0 }, seq: 0, entries: [], read: 0, seen: 0 });
};
const types = (author: Author, on: boolean): void => hears({ t: 'typing', on, author });
const shown = (): string | undefined => now.writing[0]?.reply?.text;

describe('what a model writes', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    timeline = emptyTimeline;
    now = { typing: [], writing: [] };
    live = new Live((change) => (now = { ...now, ...change }), new AbortController().signal);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('grows by its pieces, as one message that is drawn again by itself', () => {
    hears(piece(0, 'Green'));
    const { writing } = now;
    const reply = writing[0]?.reply;
    const drawn = vi.fn<() => void>();
    const stop = reply?.subscribe(drawn);
    hears(piece(1, ' tea'), piece(2, ' 🍵'));
    expect(shown()).toBe('Green tea 🍵');
    expect(now.writing).toBe(writing);
    expect(drawn).toHaveBeenCalledTimes(2);
    stop?.();
    hears(piece(3, '.'));
    expect(drawn).toHaveBeenCalledTimes(2);
  });

  it('waits for nothing once its session has ended', () => {
    const life = new AbortController();
    live = new Live((change) => (now = { ...now, ...change }), life.signal);
    hears(piece(0, 'Green'));
    live.lost();
    life.abort();
    // The link goes with it.
    live.lost();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says nothing in the wrong order: behind a gap it waits for a piece that has all', () => {
    hears(piece(0, 'Green'), piece(2, ' costs'), piece(3, ' 12 €'));
    expect(shown()).toBe('Green');
    hears(piece(1, ' tea'), piece(1, ' tea'));
    expect(shown()).toBe('Green tea');
    hears(piece(5, '?'), piece(0, 'Green tea costs 12 €'), piece(1, '.'));
    expect(shown()).toBe('Green tea costs 12 €.');
  });

  it('does not begin in the middle, and not without a word', () => {
    hears(piece(3, ' tea'));
    expect(now.writing).toEqual([]);
    hears(piece(0, ''));
    expect(now.writing).toEqual([]);
    hears(piece(1, 'Green'));
    expect(shown()).toBe('Green');
  });

  it('gives its place to its entry, and a late piece brings it back no more', () => {
    hears(piece(0, 'Green'));
    said(1, { text: 'Welcome', ai: { stream: 'other' } });
    expect(shown()).toBe('Green');
    said(2, { text: 'Green tea.', ai: { stream: 'a' } });
    expect(now.writing).toEqual([]);
    hears(piece(1, ' tea.'), piece(0, 'Green tea.'));
    expect(now.writing).toEqual([]);
  });

  it('gives its place to an entry that cuts it short', () => {
    hears(piece(0, 'Green'), piece(1, ' tea'));
    said(1, { text: 'Green tea', ai: { stream: 'a', interrupted: true } });
    said(2, { author: { party: 'operator', id: 'o', name: 'Anna' }, text: 'Hello' });
    expect(now.writing).toEqual([]);
  });

  it('comes one after the other', () => {
    hears(piece(0, 'Green'));
    said(1, { text: 'Green', ai: { stream: 'a' } });
    hears(piece(0, 'Black', 'b'), piece(1, ' tea', 'b'), piece(1, ' tea', 'a'));
    expect(shown()).toBe('Black tea');
    // Whatever became of the one before.
    hears(piece(0, 'Red', 'c'), gone('b'));
    expect(shown()).toBe('Red');
    expect(now.writing).toHaveLength(1);
  });

  it('is taken away when nothing comes of it', () => {
    hears(piece(0, 'Green'), gone('b'));
    expect(shown()).toBe('Green');
    hears(gone());
    expect(now.writing).toEqual([]);
    hears(gone(), piece(0, 'Green tea'));
    expect(shown()).toBe('Green tea');
  });

  it('goes on after another welcome, without a break, if the gateway goes on with it', () => {
    hears(piece(0, 'Green'));
    const { writing } = now;
    live.lost();
    vi.advanceTimersByTime(3000);
    welcome();
    vi.advanceTimersByTime(100);
    hears(piece(0, 'Green tea'));
    vi.advanceTimersByTime(60_000);
    expect(now.writing).toBe(writing);
    expect(shown()).toBe('Green tea');
  });

  it('is dropped after a welcome that does not go on with it, or without a link', () => {
    hears(piece(0, 'Green'));
    welcome();
    vi.advanceTimersByTime(1000);
    expect(now.writing).toEqual([]);
    hears(piece(0, 'Black', 'b'));
    live.lost();
    vi.advanceTimersByTime(10_000);
    expect(now.writing).toEqual([]);
  });

  it('stands in no order before what was said, by whatever clock', () => {
    vi.setSystemTime(1000);
    said(1, { at: 5000, author: { party: 'visitor' } });
    hears(piece(0, 'Green'));
    expect(now.writing[0]?.at).toBe(5000);
  });
});

describe('who types', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    timeline = emptyTimeline;
    now = { typing: [], writing: [] };
    live = new Live((change) => (now = { ...now, ...change }), new AbortController().signal);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is told in the order in which they began, until they stop, write or say nothing more', () => {
    types(bot, true);
    types(anna, true);
    types({ party: 'visitor' }, true);
    expect(now.typing).toEqual([bot, anna]);
    types(bot, false);
    expect(now.typing).toEqual([anna]);
    said(1, { author: anna, text: 'Hello' });
    expect(now.typing).toEqual([]);
    types(anna, true);
    vi.advanceTimersByTime(10_000);
    expect(now.typing).toEqual([]);
    types(anna, true);
    live.lost();
    expect(now.typing).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
