import { describe, expect, it } from 'vitest';
import { counted, emojiKey } from '../src/chat/extras/reactions';
import type { Outgoing } from '../src/chat/outbox';
import { emptyTimeline, fold } from '../src/chat/timeline';
import { items } from '../src/chat/ui/view';
import type { Entry } from '../src/chat/entry';
import type { Durable } from '../src/chat/wire';

/** The counts of the first message. */
const counts = (...of: Parameters<typeof items>): unknown[] => items(...of).slice(0, 1).flatMap((item) => [...counted(item, of[1]).values()]);

const visitor = { party: 'visitor' };
const anna = { party: 'operator', id: 'o1', name: 'Anna' };
const entry = (seq: number, rest: Partial<Entry>): Entry => ({ id: `e${seq}`, seq, kind: 'message', at: seq, author: visitor, ...rest });
const out = (frame: Durable, rest: Partial<Outgoing> = {}): Outgoing => ({ frame, at: 100, tab: 't', ...rest });
const timeline = fold(emptyTimeline, [
  entry(1, { text: 'hi', cid: 'c1' }),
  entry(2, { text: 'hello', author: anna }),
  entry(3, { kind: 'reaction', target: 'e1', key: '👍️', author: anna }),
]);

describe('items', () => {
  it('go from sending over sent to seen, under one key', () => {
    const frame = { t: 'message', cid: 'c9', text: 'x' } as const;
    const ack = { t: 'ack', cid: 'c9', id: 'e9', seq: 9, at: 9 } as const;
    const states = [
      items(timeline, [out(frame)], 0),
      items(timeline, [out(frame, { acked: ack })], 0),
      items(fold(timeline, [entry(9, { cid: 'c9', text: 'x' })]), [], 9),
    ].map((list) => list.at(-1));
    expect(states.map((i) => i?.status)).toEqual(['sending', 'sent', 'seen']);
    expect(new Set(states.map((i) => i?.key)).size).toBe(1);
  });

  it('show an edit and a redaction that are on their way', () => {
    const edit = out({ t: 'edit', cid: 'c2', target: 'e1', text: 'hi there' });
    expect(items(timeline, [edit], 0)[0]).toMatchObject({ text: 'hi there', edited: true, status: 'sending' });
    const redact = out({ t: 'redact', cid: 'c3', target: 'e1' });
    expect(items(timeline, [redact], 0)[0]).toMatchObject({ removed: true });
  });

  it('say nothing of the state of what is removed', () => {
    const redact = out({ t: 'redact', cid: 'c3', target: 'e1' });
    expect(items(timeline, [redact], 9)[0]?.status).toBeUndefined();
    const gone = fold(timeline, [entry(4, { kind: 'redaction', target: 'e1' })]);
    expect(items(gone, [], 9)[0]).toMatchObject({ removed: true, status: undefined });
  });

  it('count one reaction of both sides once for each, also while it is on its way', () => {
    const mine = out({ t: 'reaction', cid: 'c4', target: 'e1', key: '👍' });
    expect(counts(timeline, [mine], 0)).toMatchObject([{ count: 2, own: 'pending' }]);
    const both = fold(timeline, [entry(4, { kind: 'reaction', target: 'e1', key: '👍', cid: 'c4' })]);
    expect(counts(both, [], 0)).toMatchObject([{ count: 2, own: 'e4' }]);
    const taken = out({ t: 'redact', cid: 'c5', target: 'e4' });
    expect(counts(both, [taken], 0)).toMatchObject([{ count: 1, own: undefined }]);
    // One that is the first on its message is to be seen before the journal has it.
    const first = out({ t: 'reaction', cid: 'c4', target: 'e2', key: '👍' });
    expect([[], [first]].map((outbox) => items(timeline, outbox, 0)[1]?.reacted)).toEqual([false, true]);
  });

  it('are not sent any more once the dialog has ended', () => {
    const frames: Durable[] = [{ t: 'message', cid: 'c6', text: 'x' }, { t: 'edit', cid: 'c2', target: 'e1', text: 'hi there' }];
    const list = items(timeline, frames.map((frame) => out(frame)), 0, true);
    expect(list.map(({ status, code }) => [status, code])).toEqual([['failed', undefined], [undefined, undefined], ['failed', undefined]]);
  });

  it('say why a message was refused', () => {
    const failed = out({ t: 'message', cid: 'c6', text: 'x' }, { failed: 'too_long' });
    const last = items(timeline, [failed], 0).at(-1);
    expect(last).toMatchObject({ status: 'failed', code: 'too_long' });
    expect(last?.id).toBeUndefined();
  });
});

it('emoji are one with and without the variation selector', () => {
  expect(emojiKey('👍\uFE0F')).toBe(emojiKey('👍'));
  expect(emojiKey('❤️')).toBe('❤');
});
