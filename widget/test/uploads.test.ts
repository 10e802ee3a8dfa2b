// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../src/chat/asked';
import type { Pending } from '../src/chat/upload/uploads';
import { asks, begin, Channel, choose, end, put, puts, Request, scene, settled } from './uploading';

/** The only one on its way. */
const first = (): Pending => {
  const [pending] = scene.uploads.list;
  if (!pending) throw new Error('no file is on its way');
  return pending;
};

describe('files on their way', () => {
  beforeEach(begin);
  afterEach(end);

  it('go two at once, each message in the place of its file', async () => {
    await choose('a', 'b', 'c');
    expect(puts()).toEqual(['a', 'b']);
    put('b').answers(204);
    await settled();
    expect(puts()).toEqual(['a', 'c']);
    put('a').answers(204);
    await settled();
    expect(scene.talk.sent).toEqual([
      ['b', { at: 1 }],
      ['a', { at: 0 }],
    ]);
  });

  it('are not announced while many wait for their messages, and all go without a hand', async () => {
    const names = Array.from({ length: 15 }, (_, i) => `f${i}`);
    await choose(...names);
    let most = 0;
    while (scene.uploads.list.length > 0) {
      put(puts()[0] ?? '').answers(204);
      await settled();
      const waiting = scene.talk.outbox.filter((o) => !o.acked);
      most = Math.max(most, waiting.length + Request.open.length);
      // The gateway is slow to acknowledge.
      if (waiting.length > 5) scene.talk.acks(waiting[0]?.frame.file ?? '');
      await settled();
    }
    expect(scene.talk.sent.map(([name]) => name)).toEqual(names);
    expect(most).toBeLessThanOrEqual(10);
    expect(new Set(scene.talk.announced).size).toBe(15);
  });

  it('wait without a connection, and go on by themselves when it is back', async () => {
    scene.talk.becomes('waiting');
    await choose('a');
    expect(first().state).toBe('waiting');
    expect(scene.talk.announced).toEqual([]);
    scene.talk.becomes('online');
    await settled();
    expect(puts()).toEqual(['a']);
  });

  it.each([
    ['a broken connection', (r: Request) => r.breaks()],
    ['a proxy without a gateway', (r: Request) => r.answers(502, '<h1>Bad gateway</h1>')],
    ['a refusal for now', (r: Request) => r.answers(503, '{"code":"unavailable","retry_after":1000}')],
  ])('are tried again by themselves after %s, under the same cid', async (_, happens) => {
    await choose('a');
    happens(put('a'));
    await settled();
    expect(first().state).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1000);
    put('a').answers(204);
    await settled();
    expect(scene.talk.sent).toHaveLength(1);
    expect(scene.talk.announced).toHaveLength(2);
    expect(new Set(scene.talk.announced).size).toBe(1);
    expect(scene.talk.freed).toEqual([]);
  });

  it('are tried again when the bytes stand still', async () => {
    await choose('a');
    const stuck = put('a');
    await vi.advanceTimersByTimeAsync(50_000);
    expect(put('a')).not.toBe(stuck);
  });

  it('are announced again when the gateway does not answer, under the same cid', async () => {
    scene.talk.silent = true;
    await choose('a');
    await vi.advanceTimersByTimeAsync(44_000);
    scene.talk.silent = false;
    expect(scene.talk.announced).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(puts()).toEqual(['a']);
    expect(new Set(scene.talk.announced).size).toBe(1);
  });

  it('end with their window: nothing goes on, listens or asks, and no message waits for them', async () => {
    await choose('a', 'b', 'c');
    const drawn = vi.fn<() => void>();
    scene.uploads.subscribe(drawn);
    scene.uploads.end();
    expect(scene.talk.freed).toHaveLength(3);
    expect(puts()).toEqual([]);
    expect(asks()).toBe(false);
    scene.talk.becomes('waiting');
    scene.talk.becomes('online');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(scene.talk.announced).toHaveLength(2);
    expect(drawn).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
    expect(Channel.open.size).toBe(0);
  });

  it('are left to the visitor after three breaks in a row on one link, and free the way', async () => {
    await choose('a');
    for (let i = 0; i < 3; i++) {
      put('a').breaks();
      await vi.advanceTimersByTimeAsync(30_000);
    }
    expect(first()).toMatchObject({ state: 'failed', code: undefined });
    expect(scene.talk.freed).toEqual([{ at: 0 }]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(scene.talk.announced).toHaveLength(3);
    scene.uploads.retry(first());
    await settled();
    put('a').breaks();
    await vi.advanceTimersByTimeAsync(30_000);
    put('a').answers(204);
    await settled();
    expect(scene.talk.sent).toEqual([['a', { at: 1 }]]);
  });

  it('go on for ever over links that are lost', async () => {
    await choose('a');
    for (let i = 0; i < 20; i++) {
      put('a').breaks();
      await settled();
      scene.talk.becomes('waiting');
      await vi.advanceTimersByTimeAsync(60_000);
      scene.talk.becomes('online');
      await settled();
    }
    put('a').answers(204);
    await settled();
    expect(scene.talk.freed).toEqual([]);
    expect(scene.talk.sent).toHaveLength(1);
  });

  it('that cannot be read are not tried again, and free the way', async () => {
    const gone = new File(['x'], 'gone');
    const folder = new DOMException('gone', 'NotFoundError');
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(folder) }) as unknown as Blob;
    scene.uploads.add(gone, scene.talk.take());
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'unreadable' });
    expect(scene.talk.freed).toEqual([{ at: 0 }]);
    expect(scene.talk.announced).toEqual([]);
  });

  it('that are empty are not tried, and free the way', async () => {
    scene.uploads.add(new File([], 'empty'), scene.talk.take());
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'empty' });
    expect(scene.talk.freed).toEqual([{ at: 0 }]);
  });

  it('that are read without end are given up soon, however many, and let the others go', async () => {
    const clouds = Array.from({ length: 5 }, (_, i) => new File(['x'], `cloud${i}`));
    for (const cloud of clouds) {
      cloud.slice = () => ({ arrayBuffer: () => new Promise(() => undefined) }) as unknown as Blob;
      scene.uploads.add(cloud, scene.talk.take());
    }
    await choose('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(scene.uploads.list.filter(({ code }) => code === 'unreadable')).toHaveLength(5);
    expect(scene.talk.freed).toEqual(clouds.map((_, at) => ({ at })));
    put('a').answers(204);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(scene.talk.sent).toEqual([['a', { at: 5 }]]);
    expect(scene.talk.announced).toHaveLength(1);
  });

  it('that cannot be read are named before it is their turn, also without a connection', async () => {
    scene.talk.becomes('waiting');
    const gone = new File(['x'], 'gone');
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) }) as unknown as Blob;
    scene.uploads.add(gone, scene.talk.take());
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'unreadable' });
    expect(scene.talk.freed).toEqual([{ at: 0 }]);
  });

  it('wait as long as the gateway asks when it has too many', async () => {
    scene.talk.refuses = new Refusal('too_many_files', 60_000);
    await choose('a');
    scene.talk.refuses = undefined;
    await vi.advanceTimersByTimeAsync(59_000);
    expect(scene.talk.announced).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(puts()).toEqual(['a']);
  });

  it('free the way when they are refused for good or cancelled', async () => {
    await choose('a', 'b');
    put('a').answers(415, '{"code":"bad_file_type"}');
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'bad_file_type' });
    expect(scene.talk.freed).toEqual([{ at: 0 }]);
    scene.uploads.retry(first());
    await settled();
    expect(first().place).toEqual({ at: 2 });
    scene.uploads.cancel(first());
    await settled();
    expect(scene.talk.freed.at(-1)).toEqual({ at: 2 });
    expect(puts()).toEqual(['b']);
  });
});
