import { setTimeout as pause } from 'node:timers/promises';
import { Dialog } from './dialog';
import type { Facts } from './start';

/** A Matrix event as /sync brings it, as far as the tests read it. */
export interface MatrixEvent {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly redacts?: string;
  readonly content: Content;
}

export interface Content {
  readonly [key: string]: unknown;
  readonly msgtype?: string;
  readonly body?: string;
  readonly url?: string;
  readonly 'm.relates_to'?: { readonly rel_type?: string; readonly event_id?: string; readonly key?: string; readonly 'm.in_reply_to'?: { readonly event_id: string } };
  readonly 'm.new_content'?: { readonly body?: string };
}

export interface Receipt {
  readonly event: string;
  readonly user: string;
}

/** What the operator's client knows of one room. */
export interface Room {
  readonly events: MatrixEvent[];
  readonly receipts: Receipt[];
  typing: readonly string[];
}

interface Sync {
  readonly next_batch: string;
  readonly rooms?: {
    readonly invite?: Readonly<Record<string, unknown>>;
    readonly join?: Readonly<Record<string, JoinedRoom>>;
  };
}

interface JoinedRoom {
  readonly state?: { readonly events?: MatrixEvent[] };
  readonly timeline?: { readonly events?: MatrixEvent[] };
  readonly ephemeral?: { readonly events?: readonly { readonly type: string; readonly content: never }[] };
}

/** How long the operator waits for something to come, in milliseconds. */
const patience = 15_000;
const filter = JSON.stringify({ presence: { types: [] }, room: { timeline: { limit: 500 } } });

/**
 * A person at a Matrix client: logged in by password, follows /sync, joins
 * every room that rings. It talks to the homeserver only.
 */
export class Operator {
  readonly rooms = new Map<string, Room>();
  readonly #facts: Facts;
  readonly #end = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** What was there before the test that runs. */
  #before: ReadonlySet<MatrixEvent> = new Set();
  #synced = false;
  #token = '';
  #following: Promise<void> = Promise.resolve();
  #count = 0;

  private constructor(facts: Facts) {
    this.#facts = facts;
  }

  static async login(facts: Facts): Promise<Operator> {
    const operator = new Operator(facts);
    const { user_id: user, password } = facts.operator;
    const answer = await operator.call<{ access_token: string }>('POST', 'v3/login', {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user },
      password,
    });
    operator.#token = answer.access_token;
    operator.#following = operator.#follow();
    return operator;
  }

  get userID(): string {
    return this.#facts.operator.user_id;
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await this.#following;
  }

  /** A test begins: what was said before is not its own, also in the same words. */
  async begin(): Promise<void> {
    await this.wait('its rooms', () => this.#synced || undefined);
    this.#before = new Set([...this.rooms.values()].flatMap(({ events }) => events));
  }

  /** The dialog of the visitor who wrote this in the test that runs, once it has rung here. */
  async dialog(text: string, within = patience): Promise<Dialog> {
    return this.wait(`a visitor's message ${JSON.stringify(text)}`, () => {
      for (const [id, { events }] of this.rooms) {
        const event = events.find((e) => e.sender !== this.userID && e.content.body === text && !this.#before.has(e));
        if (event) return new Dialog(this, id, event);
      }
      return undefined;
    }, within);
  }

  /** Waits until look finds something, looking again after each /sync. */
  wait<T>(what: string, look: () => T | undefined, within = patience): Promise<T> {
    return new Promise((done, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(again);
        reject(new Error(`The operator does not see ${what} within ${within / 1000} s.`));
      }, within);
      const again = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(again);
        done(found);
      };
      this.#waiting.add(again);
      again();
    });
  }

  /** A transaction id that was not used before. */
  transaction(): string {
    return `e2e-${Date.now()}-${this.#count++}`;
  }

  /** Calls /_matrix/client/{path}; body is JSON, or bytes of a type. */
  async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await this.request(method, `client/${path}`, body && JSON.stringify(body), 'application/json');
    return (await response.json()) as T;
  }

  async upload(bytes: Buffer, name: string, type: string): Promise<string> {
    const path = `media/v3/upload?filename=${encodeURIComponent(name)}`;
    const response = await this.request('POST', path, new Uint8Array(bytes), type);
    return ((await response.json()) as { content_uri: string }).content_uri;
  }

  async download(mxc: string): Promise<Buffer> {
    const response = await this.request('GET', `client/v1/media/download/${mxc.slice('mxc://'.length)}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async request(method: string, path: string, body?: BodyInit, type?: string): Promise<Response> {
    const response = await fetch(`${this.#facts.homeserver_url}/_matrix/${path}`, {
      method,
      headers: { ...(this.#token && { authorization: `Bearer ${this.#token}` }), ...(type && { 'content-type': type }) },
      ...(body !== undefined && { body }),
      signal: this.#end.signal,
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }

  async #follow(): Promise<void> {
    let since = '';
    while (!this.#end.signal.aborted) {
      try {
        const query = new URLSearchParams({ filter, timeout: '30000', ...(since && { since }) });
        const sync = await this.call<Sync>('GET', `v3/sync?${query}`);
        since = sync.next_batch;
        await this.#take(sync);
      } catch (error) {
        if (!this.#end.signal.aborted) console.error('The operator cannot sync:', error);
        return;
      }
    }
  }

  async #take({ rooms }: Sync): Promise<void> {
    for (const [id, update] of Object.entries(rooms?.join ?? {})) this.#update(this.#room(id), update);
    this.#synced = true;
    for (const look of this.#waiting) look();
    for (const id of Object.keys(rooms?.invite ?? {})) await this.#join(id);
  }

  /** Joins a room that rings; Dendrite can tell of the invitation a moment before it lets somebody in by it. */
  async #join(id: string, tries = 5): Promise<void> {
    try {
      await this.call('POST', `v3/rooms/${encodeURIComponent(id)}/join`, {});
    } catch (error) {
      if (tries === 1 || this.#end.signal.aborted) throw error;
      await pause(200);
      await this.#join(id, tries - 1);
    }
  }

  #room(id: string): Room {
    const known = this.rooms.get(id);
    if (known) return known;
    const room: Room = { events: [], receipts: [], typing: [] };
    this.rooms.set(id, room);
    return room;
  }

  #update(room: Room, { state, timeline, ephemeral }: JoinedRoom): void {
    for (const event of [...(state?.events ?? []), ...(timeline?.events ?? [])]) {
      if (!room.events.some((e) => e.event_id === event.event_id)) room.events.push(event);
    }
    for (const { type, content } of ephemeral?.events ?? []) {
      if (type === 'm.typing') room.typing = (content as { user_ids: string[] }).user_ids;
      if (type === 'm.receipt') room.receipts.push(...receipts(content));
    }
  }
}

function receipts(content: Readonly<Record<string, { readonly 'm.read'?: object }>>): Receipt[] {
  return Object.entries(content).flatMap(([event, { 'm.read': read = {} }]) =>
    Object.keys(read).map((user) => ({ event, user })),
  );
}
