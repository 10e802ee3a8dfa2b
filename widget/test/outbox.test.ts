import { describe, expect, it } from 'vitest';
import { add, adoptAfter, mark, next, settle } from '../src/chat/outbox';
import type { Outbox, Outgoing } from '../src/chat/outbox';
import type { Ack } from '../src/chat/wire';

const item = (cid: string, at: number, rest: Partial<Outgoing> = {}): Outgoing => ({
  frame: { t: 'message', cid, text: cid },
  at,
  tab: 'mine',
  ...rest,
});
const ack = (cid: string): Ack => ({ t: 'ack', cid, id: `id-${cid}`, seq: 1, at: 1 });
const three = [item('c', 3), item('a', 1), item('b', 2)].reduce<Outbox>((box, i) => add(box, i), []);
const acknowledged = mark(three, 'a', { acked: ack('a') });
const cids = (box: Outbox): string[] => box.map((o) => o.frame.cid);

describe('the outbox', () => {
  it('is in the order of writing, whatever the order of adding', () => {
    expect(cids(three)).toEqual(['a', 'b', 'c']);
  });

  it('sends the oldest, until it is acknowledged', () => {
    expect(next(three, 'mine', 10)?.frame.cid).toBe('a');
    expect(next(acknowledged, 'mine', 10)?.frame.cid).toBe('b');
  });

  it('does not let one that was refused hold up the others', () => {
    const box = mark(three, 'a', { failed: 'too_long' });
    expect(next(box, 'mine', 10)?.frame.cid).toBe('b');
    expect(next(mark(box, 'a', { failed: undefined }), 'mine', 10)?.frame.cid).toBe('a');
  });

  it('keeps an acknowledged one on the screen until its entry comes', () => {
    expect(cids(acknowledged)).toContain('a');
    const entry = { id: 'id-a', seq: 1, kind: 'message', at: 1, author: { party: 'visitor' }, cid: 'a' };
    expect(cids(settle(acknowledged, [entry]))).toEqual(['b', 'c']);
  });

  it('lets go of an acknowledged one whose entry is older than what is here, or came under another key', () => {
    expect(cids(settle(acknowledged, [], 0))).toContain('a');
    expect(cids(settle(acknowledged, [], 1))).toEqual(['b', 'c']);
  });

  it('takes an entry for an acknowledgement, should that one have been lost', () => {
    const entry = { id: 'x', seq: 1, kind: 'message', at: 1, author: { party: 'visitor' }, cid: 'b' };
    expect(cids(settle(three, [entry]))).toEqual(['a', 'c']);
  });

  it('lets messages wait behind the places taken before them, and nothing else', () => {
    const file = { at: 1.5 };
    const reaction: Outgoing = { ...item('r', 3), frame: { t: 'reaction', cid: 'r', target: 'e', key: '👍' } };
    expect(next([item('before', 1), item('after', 2)], 'mine', 10, [file])?.frame.cid).toBe('before');
    expect(next([item('after', 2)], 'mine', 10, [file])).toBeUndefined();
    expect(next([item('after', 2), reaction], 'mine', 10, [file])?.frame.cid).toBe('r');
    expect(next([item('after', 2)], 'mine', 10, [])?.frame.cid).toBe('after');
  });

  it('leaves another tab its own for a while, then sends it', () => {
    const box = [item('theirs', 100_000, { tab: 'other' })];
    expect(next(box, 'mine', 100_000 + adoptAfter)).toBeUndefined();
    expect(next(box, 'mine', 100_000 + adoptAfter + 1)?.frame.cid).toBe('theirs');
  });

  it('sends another tab’s at once where its own would overtake it, but for what waits there behind a file', () => {
    const box = [item('theirs', 100_000, { tab: 'other' }), item('mine', 100_001)];
    expect(next(box, 'mine', 100_002)?.frame.cid).toBe('theirs');
    expect(next(mark(box, 'mine', { failed: 'too_large' }), 'mine', 100_002)).toBeUndefined();
    expect(next([item('theirs', 100_000, { tab: 'other', held: 100_000 }), item('mine', 100_001)], 'mine', 100_002)?.frame.cid).toBe('mine');
  });

  it('leaves another tab what waits there behind a file for as long as that tab says so', () => {
    const box = [item('theirs', 1000, { tab: 'other', held: 50_000 })];
    expect(next(box, 'mine', 50_000 + adoptAfter - 1)).toBeUndefined();
    expect(next(box, 'mine', 50_000 + adoptAfter)?.frame.cid).toBe('theirs');
  });
});
