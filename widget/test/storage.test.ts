import { describe, expect, it } from 'vitest';
import type { Outgoing } from '../src/chat/outbox';
import { Keep, randomID } from '../src/chat/storage';
import { Shelf } from './shelf';

const item = (cid: string, at: number): Outgoing => ({ frame: { t: 'message', cid, text: cid }, at, tab: 't' });

describe('what a browser keeps', () => {
  it('is one secret of 43 characters for all tabs', () => {
    const shelf = new Shelf();
    const { secret } = new Keep('shop', () => shelf).record();
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(new Keep('shop', () => shelf).record().secret).toBe(secret);
    expect(new Keep('other', () => shelf).record().secret).not.toBe(secret);
  });

  it('survives a storage that takes nothing', () => {
    const keep = new Keep('shop', () => new Shelf(true));
    const { secret } = keep.record();
    keep.update({ dialog: true });
    keep.saveOutbox([], [item('a', 1)]);
    expect(keep.record()).toMatchObject({ secret, dialog: true });
  });

  it('is what it became although the storage, which is full, holds an older one, until another tab writes', () => {
    const shelf = new Shelf();
    const keep = new Keep('shop', () => shelf);
    const { secret } = keep.record();
    shelf.full = true;
    const next = randomID(32);
    keep.update({ secret: next, sub: 'ann' });
    expect(keep.record()).toMatchObject({ secret: next, sub: 'ann' });
    expect(keep.update({ read: 4 })).toMatchObject({ secret: next, read: 4 });
    shelf.full = false;
    new Keep('shop', () => shelf).update({ read: 9 });
    expect(keep.record()).toMatchObject({ secret, read: 9 });
  });

  it('survives a record that something damaged', () => {
    const shelf = new Shelf();
    shelf.items.set('anteroom.shop', '{"secret":');
    shelf.items.set('anteroom.shop.out.x', 'nonsense');
    const keep = new Keep('shop', () => shelf);
    expect(keep.record().secret).toHaveLength(43);
    expect(keep.outbox()).toEqual([]);
  });

  it.each(['bogus', '', null, 'ä'.repeat(43), 'a'.repeat(44)])('is a new secret where %j stands in its place, which no gateway takes', (secret) => {
    const shelf = new Shelf();
    shelf.items.set('anteroom.shop', JSON.stringify({ secret, dialog: true }));
    const made = new Keep('shop', () => shelf).record();
    expect(made.secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(new Keep('shop', () => shelf).record().secret).toBe(made.secret);
  });

  it('holds the outgoing frames of two tabs without mixing them up', () => {
    const shelf = new Shelf();
    const [one, two] = [new Keep('shop', () => shelf), new Keep('shop', () => shelf)];
    const [a, b] = [item('a', 1), item('b', 2)];
    one.saveOutbox([], [a]);
    two.saveOutbox([], [b]);
    expect(one.outbox().map((o) => o.frame.cid)).toEqual(['a', 'b']);
    one.saveOutbox([a], []);
    expect(two.outbox().map((o) => o.frame.cid)).toEqual(['b']);
  });

  it('is found beside a key that is empty, which a page may have', () => {
    const shelf = new Shelf();
    shelf.setItem('', 'the page’s');
    const keep = new Keep('shop', () => shelf);
    keep.saveOutbox([], [item('a', 1)]);
    expect(new Keep('shop', () => shelf).outbox().map((o) => o.frame.cid)).toEqual(['a']);
  });

  it('is there again after the page has cleared all that it keeps', () => {
    const shelf = new Shelf();
    const keep = new Keep('shop', () => shelf);
    keep.update({ dialog: true });
    const [a, b] = [item('a', 1), item('b', 2)];
    keep.saveOutbox([], [a]);
    shelf.items.clear();
    // Nobody has sent it: in another tab it is not dropped, and in this one it is written with the next.
    expect(keep.merged([a])).toEqual([a]);
    keep.update({ dialog: true });
    keep.saveOutbox([a], [a, b]);
    expect(new Keep('shop', () => shelf).outbox()).toEqual([a, b]);
    // Another tab writes its record before this one looks.
    shelf.items.clear();
    new Keep('shop', () => shelf).update({});
    keep.concerns(null);
    keep.saveOutbox([a, b], [a, b]);
    expect(new Keep('shop', () => shelf).outbox()).toEqual([a, b]);
  });

  it('joins them also where an old library has a "reduce" of its own', () => {
    const shelf = new Shelf();
    const [one, two] = [new Keep('shop', () => shelf), new Keep('shop', () => shelf)];
    two.saveOutbox([], [item('b', 2)]);
    const { prototype } = Array as { prototype: { reduce: unknown } };
    const { reduce } = prototype;
    // Prototype 1.6 has it so.
    prototype.reduce = function (this: unknown[]) {
      return this.length > 1 ? this : this[0];
    };
    try {
      expect(one.merged([item('a', 1)]).map((o) => o.frame.cid)).toEqual(['a', 'b']);
    } finally {
      prototype.reduce = reduce;
    }
  });

  it('changes the record as another tab has left it', () => {
    const shelf = new Shelf();
    const [one, two] = [new Keep('shop', () => shelf), new Keep('shop', () => shelf)];
    one.record();
    two.update({ secret: randomID(32), sub: '4711' });
    one.update({ read: 7 });
    expect(one.record()).toEqual({ ...two.record(), read: 7 });
    expect(one.record().sub).toBe('4711');
  });

  it('forgets a frame once it is acknowledged', () => {
    const shelf = new Shelf();
    const keep = new Keep('shop', () => shelf);
    const a = item('a', 1);
    keep.saveOutbox([], [a]);
    keep.saveOutbox([a], [{ ...a, acked: { t: 'ack', cid: 'a', id: 'e', seq: 1, at: 1 } }]);
    expect(keep.outbox()).toEqual([]);
  });

  it('passes over what is damaged, or the page put there', () => {
    const shelf = new Shelf();
    const keep = new Keep('shop', () => shelf);
    const a = item('a', 1);
    keep.saveOutbox([], [a]);
    for (const [cid, text] of Object.entries({ b: '{"frame":{}}', c: 'null', d: JSON.stringify({ ...a, at: undefined }), e: JSON.stringify(item('f', 2)), g: '{"frame":' })) shelf.setItem(`anteroom.shop.out.${cid}`, text);
    shelf.setItem('anteroom.shop.out.h', JSON.stringify({ frame: item('h', 3).frame }));
    expect(keep.outbox()).toEqual([a]);
  });
});

it('keys are of the form that the gateway wants', () => {
  expect(randomID(12)).toMatch(/^[A-Za-z0-9_-]{16}$/);
});
