import type { LiveFrame } from './forms';
import type { Bearer } from './api';

/** The first wait before the next attempt and the longest, in milliseconds. */
const firstWait = 1000;
const longestWait = 30_000;
/** A link that stood so long was a good one: the next wait is the first again, in milliseconds. */
const good = 10_000;
/** The bridge says `ready` within so many milliseconds, or the link is given up. */
const readyWithin = 10_000;
/** It says something every 30 seconds; a link on which so many milliseconds pass in silence leads nowhere. */
const silence = 75_000;

type Heard = (frame: LiveFrame) => void;

/**
 * The live socket: what changes in the site, as it changes. It comes back by
 * itself; its `ready` means that what is shown may be old, because frames that
 * nobody heard are not sent again.
 */
export class Live {
  readonly #url: string;
  readonly #site: string;
  readonly #bearer: Bearer;
  readonly #heard = new Set<Heard>();
  readonly #changed = new Set<() => void>();
  #socket: WebSocket | undefined;
  /** Until the next attempt, or until a silent link is given up. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait = firstWait;
  #watched: string | null = null;
  /** While it is to have a link. */
  #life: AbortController | undefined;
  #ready = false;
  #why = '';

  constructor(base: string, site: string, bearer: Bearer) {
    this.#url = `${base.replace(/^http/, 'ws')}panel/v1/live`;
    this.#site = site;
    this.#bearer = bearer;
  }

  /** True while changes come as they happen. */
  get ready(): boolean {
    return this.#ready;
  }

  /** Why there is no link, by the bridge's code, or `lost`; empty while there is one, or none was tried yet. */
  get why(): string {
    return this.#why;
  }

  start(): void {
    if (this.#life) return;
    this.#life = new AbortController();
    addEventListener('online', this.#hurry, this.#life);
    addEventListener('offline', this.#drop, this.#life);
    document.addEventListener('visibilitychange', this.#hurry, this.#life);
    void this.#connect();
  }

  stop(): void {
    this.#life?.abort();
    this.#life = undefined;
    this.#release();
  }

  /** Hears every frame, until the returned function is called. */
  hear(heard: Heard): () => void {
    this.#heard.add(heard);
    return () => void this.#heard.delete(heard);
  }

  /** Calls back when `ready` or `why` changes. */
  subscribe(changed: () => void): () => void {
    this.#changed.add(changed);
    return () => void this.#changed.delete(changed);
  }

  /** Says which contact is looked at; null for none. */
  watch(contact: string | null): void {
    if (this.#watched === contact) return;
    this.#watched = contact;
    // To a link that ends at this moment nothing is said: the browser would complain of it in the console.
    const socket = this.#socket;
    if (this.#ready && socket?.readyState === 1) socket.send(JSON.stringify({ watch: contact }));
  }

  async #connect(): Promise<void> {
    const secret = await this.#bearer.secret();
    if (!this.#life || this.#socket) return;
    const socket = new WebSocket(this.#url);
    const opened = Date.now();
    this.#socket = socket;
    const lost = (why?: string): void => this.#lost(socket, opened, why);
    const hearWithin = (ms: number): void => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(lost, ms);
    };
    hearWithin(readyWithin);
    const watched = this.#watched;
    socket.onopen = () => socket.send(JSON.stringify({ session: secret, site: this.#site, ...(watched && { contact: watched }) }));
    socket.onmessage = ({ data }) => {
      const frame = parse(data);
      if (!frame || socket !== this.#socket) return;
      // Also a frame that nobody here knows: of pings that is all there is to do.
      hearWithin(silence);
      if (frame.type === 'ready') {
        this.#turn(true);
        if (watched !== this.#watched) socket.send(JSON.stringify({ watch: this.#watched }));
      }
      for (const heard of this.#heard) heard(frame);
      if (frame.type !== 'end') return;
      // These two end the session; whatever else the bridge says may be over in a while.
      if (frame.code === 'bad_session' || frame.code === 'not_operator') this.#bearer.ended(secret, frame.code);
      else lost(frame.code);
    };
    socket.onclose = ({ reason }) => lost(reason);
  }

  /** Waits, longer each time and not all panels alike, and tries again. */
  #lost(socket: WebSocket, opened: number, why = ''): void {
    if (socket !== this.#socket) return;
    this.#release(why || 'lost');
    if (!this.#life) return;
    if (Date.now() - opened > good) this.#wait = firstWait;
    this.#timer = setTimeout(() => void this.#connect(), this.#wait * (0.5 + Math.random()));
    this.#wait = Math.min(this.#wait * 2, longestWait);
  }

  #release(why = ''): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#turn(false, why);
  }

  readonly #hurry = (): void => {
    if (this.#socket || !this.#life || document.visibilityState === 'hidden') return;
    clearTimeout(this.#timer);
    this.#wait = firstWait;
    void this.#connect();
  };

  readonly #drop = (): void => {
    const socket = this.#socket;
    if (socket) this.#lost(socket, 0);
  };

  #turn(ready: boolean, why = ''): void {
    if (this.#ready === ready && this.#why === why) return;
    this.#ready = ready;
    this.#why = why;
    for (const changed of this.#changed) changed();
  }
}

/** A frame, or nothing where a newer bridge says what is not known here. */
function parse(data: unknown): LiveFrame | undefined {
  try {
    const frame = JSON.parse(String(data)) as LiveFrame | null;
    return typeof frame?.type === 'string' ? frame : undefined;
  } catch {
    return undefined;
  }
}
