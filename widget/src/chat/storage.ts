import { add, byPlace } from './outbox';
import type { Outbox, Outgoing } from './outbox';
import type { ClientID } from './entry';

/**
 * What a browser keeps of a site's chat, in localStorage: one record under
 * "anteroom.{site}", and one key for each outgoing frame, so that two tabs
 * never overwrite each other's. What the storage does not take lives in memory.
 */
export interface Record {
  /** The browser's session: 43 characters of base64url. */
  readonly secret: string;
  /** True once there is a dialog to come back to. */
  readonly dialog: boolean;
  /** The number up to which the visitor has read, in any tab. */
  readonly read: number;
  /** Whose session it is, if somebody signed in: the site's own id of a user. */
  readonly sub?: string | undefined;
  /** What the gateway calls the session; it ends it and opens nothing. */
  readonly session?: string | undefined;
}

/** Throws where the browser forbids it: then the dialog lives as long as the page. */
type Store = () => Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class Keep {
  /** The hash of what the visitor agreed to, where the site asks for that. */
  declare agreed: string | undefined;
  readonly #key: string;
  readonly #store: Store;
  #record: Record | undefined;
  /** What the storage held when the record was written: a full one goes on holding an older one. */
  #stands: string | undefined;
  /** What the storage holds or held: when it is there no more, a tab has dropped it. */
  readonly #stored = new Set<ClientID>();

  constructor(site: string, store: Store = () => localStorage) {
    this.#key = `anteroom.${site}`;
    this.#store = store;
  }

  /** The record, made with a new secret at the first call. */
  record(): Record {
    return this.#load() ?? this.update({});
  }

  /** Changes the record as it stands now: another tab may have changed it. */
  update(change: Partial<Record>): Record {
    const now = this.#load() ?? { secret: randomID(32), dialog: false, read: 0 };
    this.#record = { ...now, ...change };
    attempt(() => this.#store().setItem(this.#key, JSON.stringify(this.#record)));
    this.#stands = this.#text(this.#key);
    return this.#record;
  }

  #load(): Record | undefined {
    if (this.#text(this.#key) === this.#stands) return this.#record;
    const stored = this.#read(this.#key);
    const secret = String(stored['secret']);
    // The gateway takes no other: with a damaged one the chat would be shut for ever.
    if (/^[\w-]{43}$/.test(secret)) {
      this.#record = { ...stored, secret, dialog: stored['dialog'] === true, read: Number(stored['read']) || 0 };
    } else {
      // The page has cleared all that it keeps: what is missing now was not sent by another tab.
      this.#stored.clear();
    }
    // A record that another tab's visitor cleared lives on in this tab.
    return this.#record;
  }

  outbox(): Outbox {
    const items: Outgoing[] = [];
    attempt(() => {
      for (let i = 0; ; i++) {
        const key = this.#store().key(i);
        if (key === null) break;
        if (this.concerns(key) !== 'outbox') continue;
        const item = this.#read(key) as unknown as Outgoing;
        // One that is damaged, or a page's own, is not to shut the chat.
        if (key !== this.#out(item.frame?.cid) || !item.at) continue;
        items.push(item);
        this.#stored.add(item.frame.cid);
      }
    });
    return items.toSorted(byPlace);
  }

  /** This tab's outbox after another tab has changed the storage. What the storage never took is nobody else's to drop. */
  merged(mine: Outbox): Outbox {
    this.#load();
    let merged = this.outbox();
    for (const o of mine) if (o.acked || !this.#stored.has(o.frame.cid)) merged = add(merged, o);
    return merged;
  }

  /** Writes what differs between two states of the outbox, and what a full storage did not take before. */
  saveOutbox(before: Outbox, after: Outbox): void {
    for (const { frame } of before) {
      if (!after.some((a) => a.frame.cid === frame.cid && !a.acked)) {
        attempt(() => this.#store().removeItem(this.#out(frame.cid)));
      }
    }
    for (const o of after) {
      const { cid } = o.frame;
      if (o.acked || (before.includes(o) && this.#stored.has(cid))) continue;
      attempt(() => {
        this.#store().setItem(this.#out(cid), JSON.stringify(o));
        this.#stored.add(cid);
      });
    }
  }

  /** What a storage event's key is about. */
  concerns(key: string | null): 'record' | 'outbox' | undefined {
    // All was cleared, and by now another tab may have written its record again.
    if (key === null) this.#stored.clear();
    if (key === this.#key) return 'record';
    return key?.startsWith(this.#out('')) ? 'outbox' : undefined;
  }

  #out(cid: string): string {
    return `${this.#key}.out.${cid}`;
  }

  #text(key: string): string {
    let text = '';
    attempt(() => (text = this.#store().getItem(key) ?? ''), true);
    return text;
  }

  /** What stands under a key; nothing where it is missing, damaged or forbidden. */
  #read(key: string): { [name: string]: unknown } {
    try {
      return Object(JSON.parse(this.#text(key))) as { [name: string]: unknown };
    } catch {
      return {};
    }
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

/** What is kept of a site for this tab only: a half-written text, form, answer or rating, whether the window is open, names of files on their way, whose token was looked at, that WebSockets are blocked. With a text, that one is kept now. */
export function ofTab(site: string, what: 'draft' | 'form' | 'ask' | 'rate' | 'open' | 'files' | 'checked' | 'via' | 'tried', text?: string): string {
  const key = `anteroom.${site}.${what}`;
  let kept = (forbidden[key] = text ?? forbidden[key] ?? '');
  attempt(() => {
    if (text !== undefined) sessionStorage.setItem(key, text);
    kept = sessionStorage.getItem(key) ?? '';
  });
  return kept;
}

/** The same where the storage takes nothing: for as long as the page lives. */
const forbidden: { [key: string]: string } = {};

/** Whether nothing is written yet, because the visitor has not agreed to it. */
let held = false;

export function hold(on: boolean): void {
  held = on;
}

/** A full or forbidden storage is no reason to stop: memory has it too. */
function attempt(act: () => void, reads = false): void {
  try {
    if (reads || !held) act();
  } catch {
    /* see above */
  }
}
