// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refusal } from '../src/chat/asked';
import type { Place } from '../src/chat/outbox';
import type { Session } from '../src/chat/session';
import { Uploads } from '../src/chat/upload/uploads';
import type { Pending } from '../src/chat/upload/uploads';
import type { Host } from '../src/loader/host';

/** A PUT as the browser shows it; the test decides how it ends. */
class Request {
  static readonly open: Request[] = [];
  readonly upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  status = 0;
  responseText = '';
  name = '';
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  onloadend?: () => void;

  open(): void {
    Request.open.push(this);
  }
  send(file: File): void {
    this.name = file.name;
  }
  abort(): void {
    this.#end(() => this.onabort?.());
  }
  answers(status: number, body = ''): void {
    this.status = status;
    this.responseText = body;
    this.#end(() => this.onload?.());
  }
  breaks(): void {
    this.#end(() => this.onerror?.());
  }
  #end(say: () => void): void {
    if (!Request.open.includes(this)) return;
    Request.open.splice(Request.open.indexOf(this), 1);
    say();
    this.onloadend?.();
  }
}

/** The session's side: what is announced, sent and given back. */
class Talk {
  phase = 'online';
  outbox: { frame: { t: string; file: string }; acked: boolean }[] = [];
  readonly announced: string[] = [];
  readonly sent: [string, Place][] = [];
  readonly freed: Place[] = [];
  refuses: Error | undefined;
  /** The gateway does not answer what is asked. */
  silent = false;
  readonly asked = {
    ask: ({ cid, name }: { cid: string; name: string }): Promise<unknown> => {
      this.announced.push(cid);
      if (this.silent) return new Promise(() => undefined);
      return this.refuses ? Promise.reject(this.refuses) : Promise.resolve({ file: name, url: '/u' });
    },
  };
  #changed: () => void = () => undefined;
  #n = 0;

  get state(): unknown {
    return { connection: { phase: this.phase }, outbox: this.outbox };
  }
  subscribe(changed: () => void): () => void {
    this.#changed = changed;
    changed();
    return () => (this.#changed = () => undefined);
  }
  take(): Place {
    return { at: this.#n++ };
  }
  free(place: Place): void {
    this.freed.push(place);
  }
  send({ file }: { file: string }, _: unknown, place: Place): void {
    this.sent.push([file, place]);
    this.outbox = [...this.outbox, { frame: { t: 'message', file }, acked: false }];
    this.#changed();
  }
  acks(file: string): void {
    this.outbox = this.outbox.map((o) => (o.frame.file === file ? { ...o, acked: true } : o));
    this.#changed();
  }
  becomes(phase: string): void {
    this.phase = phase;
    this.#changed();
  }
}

/** Pages that ask one another, as the browser lets them: nobody hears what they say themselves. */
class Channel extends EventTarget {
  static readonly open = new Set<Channel>();
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
    Channel.open.add(this);
  }
  postMessage(data: string): void {
    const others = [...Channel.open].filter((c) => c !== this && c.name === this.name);
    for (const other of others) queueMicrotask(() => Channel.open.has(other) && other.dispatchEvent(new MessageEvent('message', { data })));
  }
  close(): void {
    Channel.open.delete(this);
  }
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
/** So long that a page which is there has answered. */
const waited = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2000);
const puts = (): string[] => Request.open.map((r) => r.name);
const put = (name: string): Request => {
  const found = Request.open.find((r) => r.name === name);
  if (!found) throw new Error(`${name} is not being uploaded, but ${puts().join()}`);
  return found;
};

const host = { settings: { site: 'shop' }, base: 'https://chat.example/' } as unknown as Host;
/** Whether the browser would ask before it leaves the page. */
const asks = (): boolean => {
  const event: { returnValue?: unknown } = new Event('beforeunload');
  dispatchEvent(event as Event);
  return event.returnValue === true;
};

describe('files on their way', () => {
  let talk: Talk;
  let uploads: Uploads;
  const next = (): Uploads => new Uploads(talk as unknown as Session, host);
  const lost = (): string[] => uploads.lost.map(({ name }) => name);
  /** The tab goes on to its next page. */
  const leave = (): Promise<unknown> => {
    uploads.end();
    uploads = next();
    return waited();
  };
  const choose = (...names: string[]): Promise<unknown> => {
    for (const name of names) {
      const file = new File(['x'], name);
      uploads.found(file);
      uploads.add(file, talk.take());
    }
    return settled();
  };
  const first = (): Pending => {
    const [pending] = uploads.list;
    if (!pending) throw new Error('no file is on its way');
    return pending;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('XMLHttpRequest', Request);
    vi.stubGlobal('BroadcastChannel', Channel);
    Request.open.length = 0;
    talk = new Talk();
    sessionStorage.clear();
    uploads = next();
  });
  afterEach(() => {
    // Whatever a test has left on its way.
    for (const p of uploads.list) uploads.cancel(p);
    uploads.end();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('go two at once, each message in the place of its file', async () => {
    await choose('a', 'b', 'c');
    expect(puts()).toEqual(['a', 'b']);
    put('b').answers(204);
    await settled();
    expect(puts()).toEqual(['a', 'c']);
    put('a').answers(204);
    await settled();
    expect(talk.sent).toEqual([
      ['b', { at: 1 }],
      ['a', { at: 0 }],
    ]);
  });

  it('are not announced while many wait for their messages, and all go without a hand', async () => {
    const names = Array.from({ length: 15 }, (_, i) => `f${i}`);
    await choose(...names);
    let most = 0;
    while (uploads.list.length > 0) {
      put(puts()[0] ?? '').answers(204);
      await settled();
      const waiting = talk.outbox.filter((o) => !o.acked);
      most = Math.max(most, waiting.length + Request.open.length);
      // The gateway is slow to acknowledge.
      if (waiting.length > 5) talk.acks(waiting[0]?.frame.file ?? '');
      await settled();
    }
    expect(talk.sent.map(([name]) => name)).toEqual(names);
    expect(most).toBeLessThanOrEqual(10);
    expect(new Set(talk.announced).size).toBe(15);
  });

  it('wait without a connection, and go on by themselves when it is back', async () => {
    talk.becomes('waiting');
    await choose('a');
    expect(first().state).toBe('waiting');
    expect(talk.announced).toEqual([]);
    talk.becomes('online');
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
    expect(talk.sent).toHaveLength(1);
    expect(talk.announced).toHaveLength(2);
    expect(new Set(talk.announced).size).toBe(1);
    expect(talk.freed).toEqual([]);
  });

  it('are tried again when the bytes stand still', async () => {
    await choose('a');
    const stuck = put('a');
    await vi.advanceTimersByTimeAsync(50_000);
    expect(put('a')).not.toBe(stuck);
  });

  it('are announced again when the gateway does not answer, under the same cid', async () => {
    talk.silent = true;
    await choose('a');
    await vi.advanceTimersByTimeAsync(44_000);
    talk.silent = false;
    expect(talk.announced).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(puts()).toEqual(['a']);
    expect(new Set(talk.announced).size).toBe(1);
  });

  it('end with their window: nothing goes on, listens or asks, and no message waits for them', async () => {
    await choose('a', 'b', 'c');
    const drawn = vi.fn<() => void>();
    uploads.subscribe(drawn);
    uploads.end();
    expect(talk.freed).toHaveLength(3);
    expect(puts()).toEqual([]);
    expect(asks()).toBe(false);
    talk.becomes('waiting');
    talk.becomes('online');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(talk.announced).toHaveLength(2);
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
    expect(talk.freed).toEqual([{ at: 0 }]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(talk.announced).toHaveLength(3);
    uploads.retry(first());
    await settled();
    put('a').breaks();
    await vi.advanceTimersByTimeAsync(30_000);
    put('a').answers(204);
    await settled();
    expect(talk.sent).toEqual([['a', { at: 1 }]]);
  });

  it('go on for ever over links that are lost', async () => {
    await choose('a');
    for (let i = 0; i < 20; i++) {
      put('a').breaks();
      await settled();
      talk.becomes('waiting');
      await vi.advanceTimersByTimeAsync(60_000);
      talk.becomes('online');
      await settled();
    }
    put('a').answers(204);
    await settled();
    expect(talk.freed).toEqual([]);
    expect(talk.sent).toHaveLength(1);
  });

  it('that cannot be read are not tried again, and free the way', async () => {
    const gone = new File(['x'], 'gone');
    const folder = new DOMException('gone', 'NotFoundError');
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(folder) }) as unknown as Blob;
    uploads.add(gone, talk.take());
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'unreadable' });
    expect(talk.freed).toEqual([{ at: 0 }]);
    expect(talk.announced).toEqual([]);
  });

  it('that are empty are not tried, and free the way', async () => {
    uploads.add(new File([], 'empty'), talk.take());
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'empty' });
    expect(talk.freed).toEqual([{ at: 0 }]);
  });

  it('that are read without end are given up soon, however many, and let the others go', async () => {
    const clouds = Array.from({ length: 5 }, (_, i) => new File(['x'], `cloud${i}`));
    for (const cloud of clouds) {
      cloud.slice = () => ({ arrayBuffer: () => new Promise(() => undefined) }) as unknown as Blob;
      uploads.add(cloud, talk.take());
    }
    await choose('a');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(uploads.list.filter(({ code }) => code === 'unreadable')).toHaveLength(5);
    expect(talk.freed).toEqual(clouds.map((_, at) => ({ at })));
    put('a').answers(204);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(talk.sent).toEqual([['a', { at: 5 }]]);
    expect(talk.announced).toHaveLength(1);
  });

  it('that cannot be read are named before it is their turn, also without a connection', async () => {
    talk.becomes('waiting');
    const gone = new File(['x'], 'gone');
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')) }) as unknown as Blob;
    uploads.add(gone, talk.take());
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'unreadable' });
    expect(talk.freed).toEqual([{ at: 0 }]);
  });

  it('let the browser ask before their page is left, and only then', async () => {
    expect(asks()).toBe(false);
    await choose('a', 'b');
    expect(asks()).toBe(true);
    put('a').answers(204);
    await settled();
    expect(asks()).toBe(true);
    put('b').answers(415, '{"code":"bad_file_type"}');
    await settled();
    expect(asks()).toBe(false);
  });

  it('are known by name on the next page, which is told of each until it is chosen again or seen', async () => {
    await choose('a', 'b.txt', 'c');
    put('a').answers(204);
    await settled();
    await leave();
    expect(lost()).toEqual(['b.txt', 'c']);
    await choose('c');
    expect(lost()).toEqual(['b.txt']);
    await leave();
    expect(lost()).toEqual(['b.txt', 'c']);
    for (const each of uploads.lost) uploads.forget(each);
    await leave();
    expect(lost()).toEqual([]);
  });

  it('that are chosen and not on their way yet are asked for, and known by name, as those are', async () => {
    uploads.hold([new File(['x'], 'large.jpg')]);
    await choose('a');
    put('a').answers(204);
    await settled();
    expect(asks()).toBe(true);
    // Also when a sign-in takes the window away, which waits for what has a place only.
    await leave();
    expect(asks()).toBe(false);
    expect(lost()).toEqual(['large.jpg']);
    uploads.found(new File(['x'], 'large.jpg'));
    uploads.hold([new File(['x'], 'large.jpg')]);
    expect(lost()).toEqual([]);
    uploads.hold([]);
    expect(asks()).toBe(false);
    await leave();
    expect(lost()).toEqual([]);
  });

  it('of one name are two, also on the next page', async () => {
    await choose('image.jpg', 'image.jpg');
    await leave();
    expect(lost()).toEqual(['image.jpg', 'image.jpg']);
    await choose('image.jpg');
    expect(lost()).toEqual(['image.jpg']);
    await leave();
    uploads.forget(uploads.lost[1]);
    expect(lost()).toEqual(['image.jpg']);
  });

  it('are not called lost in a copy of their tab, which has its storage, while they are on their way', async () => {
    await choose('a');
    const original = uploads;
    uploads = next();
    await waited();
    expect(lost()).toEqual([]);
    // Nor on the copy's own next page.
    await leave();
    expect(lost()).toEqual([]);
    await choose('b');
    await leave();
    expect(lost()).toEqual(['b']);
    original.end();
  });

  it('are known by name also where pages cannot ask one another', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    await choose('a');
    await leave();
    expect(lost()).toEqual(['a']);
  });

  it('go where the browser forbids pages to ask one another', async () => {
    vi.stubGlobal('BroadcastChannel', function () {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    });
    await choose('a');
    expect(puts()).toEqual(['a']);
  });

  it('wait as long as the gateway asks when it has too many', async () => {
    talk.refuses = new Refusal('too_many_files', 60_000);
    await choose('a');
    talk.refuses = undefined;
    await vi.advanceTimersByTimeAsync(59_000);
    expect(talk.announced).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(puts()).toEqual(['a']);
  });

  it('free the way when they are refused for good or cancelled', async () => {
    await choose('a', 'b');
    put('a').answers(415, '{"code":"bad_file_type"}');
    await settled();
    expect(first()).toMatchObject({ state: 'failed', code: 'bad_file_type' });
    expect(talk.freed).toEqual([{ at: 0 }]);
    uploads.retry(first());
    await settled();
    expect(first().place).toEqual({ at: 2 });
    uploads.cancel(first());
    await settled();
    expect(talk.freed.at(-1)).toEqual({ at: 2 });
    expect(puts()).toEqual(['b']);
  });
});
