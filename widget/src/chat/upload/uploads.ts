import type { Session } from '../session';
import type { WireFile } from '../wire';

/** A file on its way to the gateway. */
export interface Pending {
  readonly key: number;
  readonly file: File;
  /** From 0 to 1. */
  readonly progress: number;
  readonly state: 'waiting' | 'sending' | 'failed';
  /** The code of a refusal, when there was one. */
  readonly code: string | undefined;
}

/**
 * Files on their way: announced, put, then sent as a message each. They live
 * in this tab only, because a browser does not let a page keep a file.
 */
export class Uploads {
  #list: readonly Pending[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #requests = new Map<number, XMLHttpRequest>();
  readonly #session: Session;
  readonly #base: string;
  #count = 0;

  constructor(session: Session, base: string) {
    this.#session = session;
    this.#base = base;
    // Whatever waited for the link goes on when it is there.
    let online = false;
    session.subscribe(() => {
      const now = session.state.connection.phase === 'online';
      if (now && !online) for (const p of this.#list) if (p.state === 'waiting') void this.#run(p);
      online = now;
    });
  }

  get list(): readonly Pending[] {
    return this.#list;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  add(file: File): void {
    const pending: Pending = { key: this.#count++, file, progress: 0, state: 'waiting', code: undefined };
    this.#set([...this.#list, pending]);
    void this.#run(pending);
  }

  retry(pending: Pending): void {
    void this.#run(pending);
  }

  cancel({ key }: Pending): void {
    this.#set(this.#list.filter((p) => p.key !== key));
    this.#requests.get(key)?.abort();
    this.#requests.delete(key);
  }

  #set(list: readonly Pending[]): void {
    this.#list = list;
    for (const listener of this.#listeners) listener();
  }

  #change(key: number, change: Partial<Pending>): void {
    this.#set(this.#list.map((p) => (p.key === key ? { ...p, ...change } : p)));
  }

  async #run({ key, file }: Pending): Promise<void> {
    this.#change(key, { state: 'sending', progress: 0, code: undefined });
    try {
      const answer = await this.#session.announce({ name: file.name, type: file.type, size: file.size });
      if (!this.#has(key)) return;
      await this.#put(key, new URL(answer.url, this.#base).href, file);
      if (!this.#has(key)) return;
      this.cancel({ key } as Pending);
      this.#session.send({ t: 'message', file: answer.file }, describe(answer.file, file));
    } catch (error) {
      const code = error instanceof Error ? error.message : '';
      this.#change(key, code === 'offline' ? { state: 'waiting' } : { state: 'failed', code });
    }
  }

  #has(key: number): boolean {
    return this.#list.some((p) => p.key === key);
  }

  /** Puts the bytes; rejects with the code of the refusal. XMLHttpRequest, because fetch tells no progress. */
  #put(key: number, url: string, file: File): Promise<void> {
    return new Promise((done, reject) => {
      const request = new XMLHttpRequest();
      this.#requests.set(key, request);
      request.open('PUT', url);
      request.upload.onprogress = ({ loaded, total }) => this.#change(key, { progress: total ? loaded / total : 0 });
      request.onload = () => {
        if (request.status < 300) done();
        else reject(new Error(codeOf(request.responseText)));
      };
      request.onerror = () => reject(new Error(navigator.onLine ? 'unknown' : 'offline'));
      request.send(file);
    });
  }
}

function codeOf(body: string): string {
  return /"code":\s*"(\w+)"/.exec(body)?.[1] ?? 'unknown';
}

/**
 * How the message looks until its entry comes: a name and a size. The picture
 * itself waits for the gateway, because a page's policy may forbid blob: URLs.
 */
function describe(id: string, file: File): WireFile {
  return { id, kind: 'file', name: file.name, type: file.type, size: file.size, url: '' };
}
