import { vi } from 'vitest';
import type { Place } from '../src/chat/outbox';
import type { Session } from '../src/chat/session';
import { Uploads } from '../src/chat/upload/uploads';
import type { Host } from '../src/loader/host';

/** A PUT as the browser shows it; the test decides how it ends. */
export class Request {
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
export class Talk {
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
    return { connection: { phase: this.phase }, outbox: this.outbox, taken: [] };
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
export class Channel extends EventTarget {
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

export const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
/** So long that a page which is there has answered. */
export const waited = (): Promise<unknown> => vi.advanceTimersByTimeAsync(2000);
export const puts = (): string[] => Request.open.map((r) => r.name);
export const put = (name: string): Request => {
  const found = Request.open.find((r) => r.name === name);
  if (!found) throw new Error(`${name} is not being uploaded, but ${puts().join()}`);
  return found;
};

const host = { settings: { site: 'shop' }, base: 'https://chat.example/' } as unknown as Host;
/** Whether the browser would ask before it leaves the page. */
export const asks = (): boolean => {
  const event: { returnValue?: unknown } = new Event('beforeunload');
  dispatchEvent(event as Event);
  return event.returnValue === true;
};

/** The window of a test, with its files on their way. */
export const scene = {} as { talk: Talk; uploads: Uploads };

/** Another window of the same session. */
export const next = (): Uploads => new Uploads(scene.talk as unknown as Session, host);

export const choose = (...names: string[]): Promise<unknown> => {
  for (const name of names) {
    const file = new File(['x'], name);
    scene.uploads.found(file);
    scene.uploads.add(file, scene.talk.take());
  }
  return settled();
};

/** Before each test. */
export function begin(): void {
  vi.useFakeTimers();
  vi.stubGlobal('XMLHttpRequest', Request);
  vi.stubGlobal('BroadcastChannel', Channel);
  Request.open.length = 0;
  scene.talk = new Talk();
  sessionStorage.clear();
  scene.uploads = next();
}

/** After each test. */
export function end(): void {
  // Whatever a test has left on its way.
  for (const p of scene.uploads.list) scene.uploads.cancel(p);
  scene.uploads.end();
  vi.unstubAllGlobals();
  vi.useRealTimers();
}
