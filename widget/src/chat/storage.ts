import type { Outbox, Outgoing } from './outbox';

/**
 * What a browser keeps of a site's chat, in localStorage: one record under
 * "anteroom.{site}", and one key for each outgoing frame, so that two tabs
 * never overwrite each other's. Where storage is blocked it lives in memory.
 */
export interface Record {
  /** The browser's session: 43 characters of base64url. */
  readonly secret: string;
  /** True once there is a dialog to come back to. */
  readonly dialog: boolean;
  /** The number up to which the visitor has read, in any tab. */
  readonly read: number;
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class Keep {
  readonly #key: string;
  readonly #store: Store;
  #record: Record | undefined;

  constructor(site: string, store: Store = localOrMemory()) {
    this.#key = `anteroom.${site}`;
    this.#store = store;
  }

  /** The record, made with a new secret at the first call. */
  record(): Record {
    const stored = parse(this.#store.getItem(this.#key));
    const secret = stored['secret'];
    if (typeof secret === 'string') {
      this.#record = { secret, dialog: stored['dialog'] === true, read: Number(stored['read']) || 0 };
    }
    // A record that another tab's visitor cleared lives on in this tab.
    return this.#record ?? this.update({});
  }

  update(change: Partial<Record>): Record {
    const now = this.#record ?? { secret: randomID(32), dialog: false, read: 0 };
    this.#record = { ...now, ...change };
    attempt(() => this.#store.setItem(this.#key, JSON.stringify(this.#record)));
    return this.#record;
  }

  /** Drops everything, so that the next page starts as a new visitor's. */
  forget(): void {
    this.saveOutbox(this.outbox(), []);
    this.#record = undefined;
    attempt(() => this.#store.removeItem(this.#key));
  }

  outbox(): Outbox {
    const items: Outgoing[] = [];
    attempt(() => {
      for (let i = 0; i < this.#store.length; i++) {
        const key = this.#store.key(i);
        if (!key?.startsWith(this.#out(''))) continue;
        const item = parse(this.#store.getItem(key));
        if (item['frame']) items.push(item as unknown as Outgoing);
      }
    });
    return items.toSorted((a, b) => a.at - b.at || a.n - b.n);
  }

  /** Writes what differs between two states of the outbox. */
  saveOutbox(before: Outbox, after: Outbox): void {
    for (const o of before) {
      if (!after.some((a) => a.frame.cid === o.frame.cid && !a.acked)) {
        attempt(() => this.#store.removeItem(this.#out(o.frame.cid)));
      }
    }
    for (const o of after) {
      if (!o.acked && !before.includes(o)) {
        attempt(() => this.#store.setItem(this.#out(o.frame.cid), JSON.stringify(o)));
      }
    }
  }

  /** What a storage event's key is about. */
  concerns(key: string | null): 'record' | 'outbox' | undefined {
    if (key === this.#key) return 'record';
    return key?.startsWith(this.#out('')) ? 'outbox' : undefined;
  }

  #out(cid: string): string {
    return `${this.#key}.out.${cid}`;
  }
}

/** A random identifier of so many bytes, in base64url. */
export function randomID(bytes: number): string {
  const raw = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...raw))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** What is kept of a site for this tab only: a half-written text, whether the window is open. With a text, that one is kept now. */
export function ofTab(site: string, what: 'draft' | 'open', text?: string): string {
  let kept = '';
  attempt(() => {
    const key = `anteroom.${site}.${what}`;
    if (text !== undefined) sessionStorage.setItem(key, text);
    kept = sessionStorage.getItem(key) ?? '';
  });
  return kept;
}

function parse(text: string | null): { [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as { [name: string]: unknown }) : {};
  } catch {
    return {};
  }
}

/** A full or forbidden storage is no reason to stop: memory has it too. */
function attempt(write: () => void): void {
  try {
    write();
  } catch {
    /* see above */
  }
}

function localOrMemory(): Store {
  try {
    const { localStorage } = window;
    localStorage.getItem('anteroom');
    return localStorage;
  } catch {
    return new MemoryStore();
  }
}

class MemoryStore implements Store {
  readonly #items = new Map<string, string>();
  get length(): number {
    return this.#items.size;
  }
  key(i: number): string | null {
    return [...this.#items.keys()][i] ?? null;
  }
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
  removeItem(key: string): void {
    this.#items.delete(key);
  }
}
