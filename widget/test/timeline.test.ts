import { describe, expect, it } from 'vitest';
import { emptyTimeline, fold, newestFromThem, shown, unread } from '../src/chat/timeline';
import type { Timeline } from '../src/chat/timeline';
import type { Entry } from '../src/chat/entry';
import { seeded, shuffled } from './random';

const entry = (seq: number, rest: Partial<Entry> = {}): Entry => ({
  id: `e${seq}`,
  seq,
  kind: 'message',
  at: 1000 * seq,
  author: { party: 'visitor' },
  ...rest,
});
const operator = { party: 'operator', id: 'o1', name: 'Anna' };

/** A dialog made by chance: messages, and edits, reactions and redactions of earlier entries. */
function dialog(length: number, random: () => number): Entry[] {
  const list: Entry[] = [];
  for (let seq = 1; seq <= length; seq++) {
    const target = list[Math.floor(random() * list.length)]?.id;
    const kind = target ? (['message', 'message', 'edit', 'reaction', 'redaction'] as const)[Math.floor(random() * 5)] : 'message';
    const author = random() < 0.5 ? operator : { party: 'visitor' };
    list.push(entry(seq, { kind: kind ?? 'message', author, text: `text ${seq}`, ...(kind !== 'message' && target && { target }), ...(kind === 'reaction' && { key: '👍' }) }));
  }
  return list;
}

const picture = (timeline: Timeline): unknown => ({
  messages: timeline.messages.map((m) => shown(timeline, m)),
  first: timeline.first,
  last: timeline.last,
});

describe('fold', () => {
  it('gives the same picture for every order, split and repetition', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const entries = dialog(2 + Math.floor(random() * 25), random);
      const straight = picture(fold(emptyTimeline, entries));
      const cut = Math.floor(random() * entries.length);
      const mixed = shuffled([...entries, ...entries.slice(0, cut)], random);
      const inTwo = fold(fold(emptyTimeline, mixed.slice(0, cut)), mixed.slice(cut));
      expect(picture(inTwo), `seed ${seed}`).toEqual(straight);
    }
  });

  it('does not change what it was given', () => {
    const before = fold(emptyTimeline, [entry(1)]);
    const copy = structuredClone(picture(before));
    fold(before, [entry(2), entry(3, { kind: 'redaction', target: 'e1' })]);
    expect(picture(before)).toEqual(copy);
  });

  it('keeps an edit, a reaction and a redaction until their target comes', () => {
    const early = fold(emptyTimeline, [
      entry(5, { kind: 'edit', target: 'e1', text: 'new' }),
      entry(6, { kind: 'reaction', target: 'e1', key: '👍' }),
      entry(7, { kind: 'redaction', target: 'e2' }),
    ]);
    const late = fold(early, [entry(1, { text: 'old' }), entry(2, { text: 'gone' })]);
    const [one, two] = late.messages.map((m) => shown(late, m));
    expect(one).toMatchObject({ said: { text: 'new' }, edited: true, removed: false });
    expect(one?.reactions).toHaveLength(1);
    expect(two).toMatchObject({ removed: true });
  });

  it('shows the newest edit, and the one before it when that one is removed', () => {
    const t = fold(emptyTimeline, [
      entry(1, { text: 'a' }),
      entry(2, { kind: 'edit', target: 'e1', text: 'b' }),
      entry(3, { kind: 'edit', target: 'e1', text: 'c' }),
    ]);
    expect(shown(t, entry(1)).said.text).toBe('c');
    const back = fold(t, [entry(4, { kind: 'redaction', target: 'e3' })]);
    expect(shown(back, entry(1)).said.text).toBe('b');
  });

  it('removes a message that comes emptied', () => {
    const t = fold(emptyTimeline, [entry(1, { redacted: true })]);
    expect(shown(t, entry(1)).removed).toBe(true);
  });

  it('moves the point to resume past kinds that it does not know', () => {
    const t = fold(emptyTimeline, [entry(1), entry(2, { kind: 'poll' })]);
    expect(t.last).toEqual({ seq: 2, id: 'e2' });
    expect(t.messages).toHaveLength(1);
  });
});

describe('unread', () => {
  const t = fold(emptyTimeline, [
    entry(1),
    entry(2, { author: operator }),
    entry(3, { author: operator }),
    entry(4, { author: { party: 'bot' } }),
    entry(5, { kind: 'reaction', author: operator, target: 'e1', key: '👍' }),
    entry(6, { kind: 'redaction', author: operator, target: 'e3' }),
  ]);
  it('counts what others wrote after the mark and did not remove', () => {
    expect(unread(t, 0)).toBe(2);
    expect(unread(t, 2)).toBe(1);
    expect(unread(t, 4)).toBe(0);
  });
  it('is settled by reading up to the newest of them', () => {
    expect(unread(t, newestFromThem(t))).toBe(0);
  });
});
