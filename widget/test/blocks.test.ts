import { describe, expect, it } from 'vitest';
import { cut, near } from '../src/chat/history/blocks';
import { seeded } from './random';

const numbered = (...seqs: number[]): { seq: number }[] => seqs.map((seq) => ({ seq }));
const upTo = (n: number): { seq: number }[] => numbered(...Array.from({ length: n }, (_, i) => i + 1));
const tall = 100;
const height = (): number => tall;

describe('blocks', () => {
  it('stay the same when older messages come before them and new ones after', () => {
    const all = upTo(1000);
    const some = cut(all.slice(400, 700)).slice(1, -1);
    const ids = new Set(some.map((b) => b.id));
    const later = cut(all).filter((b) => ids.has(b.id));
    expect(later.map((b) => [b.id, b.to - b.from])).toEqual(some.map((b) => [b.id, b.to - b.from]));
  });

  it('hold every message once, in order, also those without a number', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const seqs: number[] = [];
      for (let seq = 0; seqs.length < 200; ) seqs.push((seq += 1 + Math.floor(random() * 60)));
      const items = numbered(...seqs, 0, Infinity, Infinity, (seqs.at(-1) ?? 0) + 1, Infinity);
      const blocks = cut(items);
      expect(blocks.flatMap((b) => items.slice(b.from, b.to)), `seed ${seed}`).toEqual(items);
      expect(blocks.map((b) => b.id)).toEqual([...new Set(blocks.map((b) => b.id))].toSorted((a, b) => a - b));
    }
    expect(cut(numbered(Infinity, Infinity))).toHaveLength(1);
    expect(cut([])).toEqual([]);
  });
});

describe('what is near', () => {
  const blocks = cut(upTo(5000));
  const drawn = (eye: { id: number; into: number } | undefined, before = new Set<number>(), pinned = new Set<number>()): number[] =>
    [...near(blocks, height, eye, 250, before, pinned)].toSorted((a, b) => a - b);
  const end = [124, 125];

  it('is what is seen, one height of the view around it, and the end', () => {
    expect(drawn({ id: 60, into: 50 })).toEqual([58, 59, 60, 61, 62, 63, 64, 65, ...end]);
    expect(drawn({ id: 0, into: -30 })).toEqual([0, 1, 2, 3, 4, ...end]);
    expect(drawn({ id: 125, into: 0 })).toEqual([122, 123, 124, 125]);
  });

  it('does not come and go at a small move', () => {
    const before = new Set(drawn({ id: 60, into: 50 }));
    expect(drawn({ id: 60, into: 99 }, before)).toEqual(expect.arrayContaining([...before]));
    expect(drawn({ id: 61, into: 40 }, before)).toEqual(expect.arrayContaining([...before]));
    expect(drawn({ id: 70, into: 0 }, before)).not.toContain(58);
  });

  it('includes what may not go', () => {
    expect(drawn({ id: 60, into: 0 }, new Set(), new Set([3, 4]))).toEqual(expect.arrayContaining([3, 4]));
  });

  it('is the end where nothing is known', () => {
    expect(drawn(undefined)).toEqual([122, 123, 124, 125]);
    expect([...near([], height, undefined, 250, new Set())]).toEqual([]);
  });
});
