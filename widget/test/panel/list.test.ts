import { describe, expect, it } from 'vitest';
import { again, append, change, empty, gone, isSettled, settle, unseen } from '../../src/panel/inbox/list';
import type { List } from '../../src/panel/inbox/list';
import { belongs, fromText, sorts, toQuery, toText, usual, views } from '../../src/panel/inbox/filter';
import type { Row } from '../../src/panel/inbox/row';
import { order } from '../../src/panel/inbox/row';

type Dialog = Row['dialog'];

function row(id: string, minute: number, dialog: Partial<Dialog> = {}, more: Partial<Row> = {}): Row {
  const at = new Date(Date.UTC(2026, 10, 27, 10, minute)).toISOString();
  return {
    id, number: id.charCodeAt(0), name: id, tags: [], online: false, created_at: at, seen_at: at, room: '', last_message: { at, party: 'visitor', text: id, file: false },
    ...more,
    dialog: { status: 'open', waiting_since: at, assignee: '', blocked: false, unread: 0, ...dialog },
  };
}
const me = '@anna:shop.example';
const ids = (list: List): string => list.rows.map(({ id }) => id).join('');
const abc = append(empty, [row('a', 1), row('b', 2), row('c', 3)], null);

describe('The list', () => {
  it('shows what changes in its row at once, and moves nothing', () => {
    const now = change(abc, [row('a', 1, { waiting_since: null })], usual, me);
    expect(ids(now)).toBe('abc');
    expect(now.rows[0]?.dialog.waiting_since).toBeNull();
    expect(isSettled(now)).toBe(false);
    expect(ids(settle(now, usual))).toBe('bca');
  });

  it('keeps new rows back and counts them, with those in which somebody wrote', () => {
    const now = change(abc, [row('d', 0), row('b', 2, { unread: 1 })], usual, me);
    expect(ids(now)).toBe('abc');
    expect(unseen(now)).toBe(2);
    const then = settle(now, usual);
    expect(ids(then)).toBe('dabc');
    expect(unseen(then)).toBe(0);
  });

  it('keeps a row that left until it is settled, and forgets that it left when it comes back', () => {
    const left = change(abc, [row('b', 2, { status: 'closed' })], usual, me);
    expect(ids(left)).toBe('abc');
    expect(ids(settle(left, usual))).toBe('ac');
    expect(ids(settle(change(left, [row('b', 2)], usual, me), usual))).toBe('abc');
  });

  it('leaves alone what stands behind the rows that are here', () => {
    const part = append(empty, [row('a', 1), row('b', 2)], 'more');
    const now = change(part, [row('z', 50)], usual, me);
    expect(unseen(now)).toBe(0);
    expect(ids(append(now, [row('z', 50)], null))).toBe('abz');
  });

  it('takes a row once when two parts hold it', () => {
    const now = append(append(empty, [row('a', 1), row('b', 2)], 'x'), [row('b', 2, { unread: 4 }), row('c', 3)], null);
    expect(ids(now)).toBe('abc');
    expect(now.rows[1]?.dialog.unread).toBe(4);
  });

  it('does not guess what only the bridge knows', () => {
    const search = { ...usual, words: 'ёлка' };
    const now = change(abc, [row('d', 0)], search, me);
    expect(unseen(now)).toBe(0);
    expect(now.unsure).toBe(true);
    expect(belongs({ ...usual, tag: 'Vip' }, row('a', 1, {}, { tags: ['VIP'] }), me)).toBeUndefined();
  });

  it('takes the order of the bridge when asked again', () => {
    const read = again(abc, [row('c', 3), row('d', 9), row('a', 1)], null);
    expect(ids(read)).toBe('abc');
    expect(ids(settle(read, usual))).toBe('cda');
    expect(isSettled(again(abc, abc.rows, null))).toBe(true);
  });

  it('places what changed after that by itself', () => {
    const read = again(abc, [row('b', 2), row('a', 3), row('c', 4)], null);
    expect(ids(settle(change(read, [row('d', 1)], usual, me), usual))).toBe('dbac');
  });

  it('leaves nothing of a contact that was erased', () => {
    const now = gone(gone(change(abc, [row('d', 0), row('b', 2, { unread: 1 })], usual, me), 'd'), 'b');
    expect(ids(now)).toBe('ac');
    expect(unseen(now)).toBe(0);
  });

  it('has each contact once and loses none, whatever changes', () => {
    let seed = 7;
    const next = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
    for (let run = 0; run < 200; run++) {
      let list = append(empty, [row('a', 1), row('b', 2)], null);
      const truth = new Map(list.rows.map((r) => [r.id, r]));
      for (let i = 0; i < 30; i++) {
        const id = 'abcdefg'[next(7)] as string;
        const r = row(id, next(50), { status: next(4) ? 'open' : 'closed', unread: next(3) });
        truth.set(id, r);
        list = change(list, [r], usual, me);
        if (next(5) === 0) list = settle(list, usual);
        if (next(9) === 0) list = again(list, [...truth.values()].filter((x) => belongs(usual, x, me)).toSorted(order('waiting')), null);
      }
      list = settle(list, usual);
      const right = [...truth.values()].filter((r) => belongs(usual, r, me));
      expect(ids(list)).toBe(right.toSorted(order('waiting')).map(({ id }) => id).join(''));
    }
  });
});

describe('A filter', () => {
  it('is the same when it comes back from a link', () => {
    for (const view of views) for (const sort of sorts) {
      const filter = { view, sort, tag: 'a&b=c', words: '#ё "§"' };
      expect(fromText(toText(filter))).toEqual(filter);
    }
    expect(toText(usual)).toBe('');
  });

  it('takes what it can of a link that somebody made up', () => {
    expect(fromText('view=__proto__&sort=constructor&tag=%20x%20')).toEqual({ ...usual, tag: 'x' });
    expect([...fromText(`words=${'😀'.repeat(999)}`).words]).toHaveLength(200);
  });

  it('asks in the words of the API', () => {
    expect(toQuery({ view: 'mine', sort: 'name', tag: 'vip', words: 'anna ёлка' }).toString()).toBe(
      'status=open&assignee=me&tag=vip&q=anna+%D1%91%D0%BB%D0%BA%D0%B0&sort=name',
    );
  });
});
