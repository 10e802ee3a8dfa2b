import { final, idle, step } from './connection';
import type { Connection, Effect, Input, Timer } from './connection';
import type { Link } from './link';
import { acknowledge, add, again, adoptAfter, drop, next, refuse, settle } from './outbox';
import type { Outbox } from './outbox';
import { currentPage } from './page';
import { openSocket } from './socket';
import { Keep, randomID } from './storage';
import { emptyTimeline, fold, newestFromThem, unread } from './timeline';
import type { Timeline } from './timeline';
import type {
  Author,
  ClientFrame,
  ClientID,
  Durable,
  Entry,
  Hello,
  ServerFrame,
  Site,
  Upload,
  UploadAnswer,
  Welcome,
  WireError,
  WireFile,
} from './wire';

/** Everything that the window shows; replaced as a whole at each change. */
export interface State {
  readonly connection: Connection;
  readonly timeline: Timeline;
  readonly outbox: Outbox;
  /** Known after the first welcome. */
  readonly site: Site | undefined;
  /** How far the visitor has read, and how far the operators have. */
  readonly read: number;
  readonly seen: number;
  readonly typing: readonly Author[];
  /** The last refusal that belongs to no message on the screen. */
  readonly refused: string | undefined;
}

/** A frame without its key, which the session makes. */
export type Draft = Durable extends infer F ? (F extends Durable ? Omit<F, 'cid'> : never) : never;

/** An operator who stops repeating that they type has stopped, after so many milliseconds. */
const typingEnds = 10_000;
const historyPage = 50;
/** The gateway acknowledges within milliseconds; this long is a fault, in milliseconds. */
const ackWithin = 20_000;
/** An error and a close within so many milliseconds are one event. */
const belongsTogether = 3000;
/** The gateway's usual limit of a frame is 64 KiB; over it the connection would end. */
const mostBytes = 60_000;

type TimerName = Timer | 'adopt' | 'retrySend' | 'ack';

/** One tab's side of the dialog: it holds the state and talks to the gateway. */
export class Session {
  #state: State;
  readonly #endpoint: string;
  readonly #language: string;
  readonly #keep: Keep;
  readonly #tab = randomID(6);
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Map<TimerName, ReturnType<typeof setTimeout>>();
  readonly #typingTimers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Asked and not answered yet, by "upload {cid}" and "file {id}". */
  readonly #asked = new Map<string, { done(answer: never): void; failed(code: string): void }>();
  #link: Link | undefined;
  /** The frame that was sent and not acknowledged yet: one at a time keeps the order. */
  #inFlight: ClientID | undefined;
  #loading = false;
  #count = 0;
  /** The last error that was about no frame of ours. */
  #complaint: { code: string; after: number | undefined; at: number } = { code: '', after: undefined, at: -Infinity };

  /** endpoint is {public_url}/v1/{site}/. */
  constructor(endpoint: string, site: string, language: string) {
    this.#endpoint = endpoint;
    this.#language = language;
    this.#keep = new Keep(site);
    const record = this.#keep.record();
    this.#state = {
      connection: { ...idle, visible: document.visibilityState === 'visible' },
      timeline: emptyTimeline,
      outbox: this.#keep.outbox(),
      site: undefined,
      read: record.read,
      seen: 0,
      typing: [],
      refused: undefined,
    };
  }

  get state(): State {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): void {
    addEventListener('online', () => this.#input({ type: 'wake' }));
    addEventListener('pageshow', () => this.#input({ type: 'wake' }));
    addEventListener('visibilitychange', () => {
      this.#input({ type: 'visible', visible: document.visibilityState === 'visible' });
    });
    addEventListener('storage', (event) => this.#stored(event.key));
    this.#input({ type: 'start' });
  }

  /** Queues a frame and sends it as soon as the link is there. */
  send(draft: Draft, file?: WireFile): void {
    const frame: Durable = { ...draft, cid: randomID(12) };
    this.#keep.update({ dialog: true });
    const large = new TextEncoder().encode(JSON.stringify(frame)).length > mostBytes;
    this.#setOutbox(
      add(this.#state.outbox, {
        frame,
        ...(large && { failed: 'too_large' }),
        at: Date.now(),
        n: this.#count++,
        tab: this.#tab,
        ...(file && { file }),
      }),
    );
    this.#flush();
  }

  /** Sends a refused message once more. */
  retry(cid: ClientID): void {
    this.#setOutbox(again(this.#state.outbox, cid));
    this.#flush();
  }

  /** Forgets a message that was refused. */
  discard(cid: ClientID): void {
    this.#setOutbox(drop(this.#state.outbox, cid));
  }

  dismiss(): void {
    this.#set({ refused: undefined });
  }

  typing(on: boolean): void {
    this.#say({ t: 'typing', on });
  }

  page(): void {
    this.#say({ t: 'page', ...currentPage() });
  }

  /** Everything that is here has been seen by the visitor. */
  markRead(): void {
    const seq = newestFromThem(this.#state.timeline);
    if (seq <= this.#state.read) return;
    this.#set({ read: seq });
    this.#keep.update({ read: Math.max(seq, this.#keep.record().read) });
    this.#say({ t: 'read', seq });
  }

  /** Asks for the page of entries before those that are here. */
  older(): void {
    const { timeline, connection } = this.#state;
    if (this.#loading || !timeline.more || connection.phase !== 'online') return;
    this.#loading = true;
    this.#say({ t: 'history', before: timeline.first, limit: historyPage });
  }

  /** Announces a file; rejects with the code of the refusal, or "offline" when the link is lost. */
  announce(upload: Omit<Upload, 't' | 'cid'>): Promise<UploadAnswer> {
    const cid = randomID(12);
    return this.#ask(`upload ${cid}`, { t: 'upload', cid, ...upload });
  }

  /** A fresh URL of a file. */
  async fileURL(file: string): Promise<string> {
    const answer = await this.#ask<{ url: string }>(`file ${file}`, { t: 'file', file });
    return answer.url;
  }

  #ask<T>(key: string, frame: ClientFrame): Promise<T> {
    return new Promise((done, reject) => {
      const failed = (code: string): void => reject(new Error(code));
      if (this.#state.connection.phase !== 'online') {
        failed('offline');
        return;
      }
      this.#asked.set(key, { done, failed });
      this.#say(frame);
    });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  #setOutbox(outbox: Outbox): void {
    this.#keep.saveOutbox(this.#state.outbox, outbox);
    this.#set({ outbox });
  }

  #say(frame: ClientFrame): void {
    if (this.#state.connection.phase === 'online') this.#link?.send(frame);
  }

  /** Sends the oldest frame that waits, one at a time, so that order is kept. */
  #flush(): void {
    if (this.#inFlight || this.#timers.has('retrySend') || this.#state.connection.phase !== 'online') return;
    const item = next(this.#state.outbox, this.#tab, Date.now());
    if (item) {
      this.#inFlight = item.frame.cid;
      this.#say(item.frame);
      // A link that takes but does not answer is as good as none.
      this.#timer('ack', ackWithin, () => {
        this.#hangUp();
        this.#input({ type: 'closed' });
      });
    }
  }

  #input(input: Input): void {
    const [connection, effects] = step(this.#state.connection, input, Math.random());
    if (connection !== this.#state.connection) this.#set({ connection });
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        void this.#open(effect.via);
        break;
      case 'close':
        this.#hangUp();
        break;
      case 'ping':
        this.#link?.send({ t: 'ping' });
        break;
      case 'set':
        this.#timer(effect.timer, effect.ms, () => this.#input({ type: 'timer', timer: effect.timer }));
        break;
      case 'clear':
        this.#clear(effect.timer);
        break;
    }
  }

  #timer(name: TimerName, ms: number, then: () => void): void {
    this.#clear(name);
    const timer = setTimeout(() => {
      this.#timers.delete(name);
      then();
    }, ms);
    this.#timers.set(name, timer);
  }

  #clear(name: TimerName): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }

  async #open(via: Connection['via']): Promise<void> {
    this.#hangUp();
    let open = true;
    let link: Link | undefined;
    // Until the link is there (the fall-back is loaded first), this stands for it.
    const pending: Link = {
      send: (frame) => link?.send(frame),
      close: () => {
        open = false;
        link?.close();
      },
    };
    this.#link = pending;
    const events = {
      hello: () => this.#hello(),
      frame: (frame: ServerFrame) => {
        if (open) this.#receive(frame);
      },
      closed: (code?: number, after?: number) => {
        if (!open) return;
        this.#hangUp();
        this.#closed(code, after);
      },
    };
    try {
      if (via === 'socket') {
        link = openSocket(`${this.#endpoint}socket`, events);
      } else {
        const { openPoll } = await import('./poll');
        if (open) link = openPoll(`${this.#endpoint}frames`, events);
      }
    } catch {
      events.closed();
    }
  }

  /** An error just before the end says why it ended, and for how long. */
  #closed(code?: number, after?: number): void {
    const why = performance.now() - this.#complaint.at < belongsTogether ? this.#complaint : undefined;
    const wait = after ?? why?.after;
    // The visitor was erased: this secret opens nothing any more.
    if (why?.code === 'gone') this.#keep.forget();
    this.#input({
      type: 'closed',
      ...(code && { code }),
      ...(why && { reason: why.code }),
      ...(wait && { after: wait }),
    });
  }

  #hangUp(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#idle();
    this.#loading = false;
    for (const asked of this.#asked.values()) asked.failed('offline');
    this.#asked.clear();
    if (this.#state.typing.length > 0) this.#set({ typing: [] });
  }

  #idle(): void {
    this.#inFlight = undefined;
    this.#clear('ack');
  }

  #hello(): Hello {
    const { last } = this.#state.timeline;
    return {
      t: 'hello',
      secret: this.#keep.record().secret,
      ...(last && { resume: last }),
      page: currentPage(),
      language: navigator.language || this.#language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    };
  }

  #receive(frame: ServerFrame): void {
    switch (frame.t) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'entry':
        this.#entries([frame.entry]);
        break;
      case 'ack':
        this.#setOutbox(acknowledge(this.#state.outbox, frame));
        this.#sent(frame.cid);
        break;
      case 'error':
        this.#error(frame);
        break;
      case 'history':
        this.#loading = false;
        this.#set({ timeline: { ...fold(this.#state.timeline, frame.entries ?? []), more: frame.more === true } });
        break;
      case 'read':
        this.#set({ seen: Math.max(this.#state.seen, frame.seq) });
        break;
      case 'typing':
        this.#theyType(frame.author, frame.on);
        break;
      case 'pong':
        this.#input({ type: 'pong' });
        break;
      case 'upload':
        this.#answer(`upload ${frame.cid}`, frame);
        break;
      case 'file':
        this.#answer(`file ${frame.file}`, frame);
        break;
    }
  }

  #answer(key: string, frame: ServerFrame): void {
    this.#asked.get(key)?.done(frame as never);
    this.#asked.delete(key);
  }

  #welcome(frame: Welcome): void {
    const fresh = frame.reset === true || !this.#state.timeline.last;
    const before = frame.reset ? emptyTimeline : this.#state.timeline;
    const timeline = fold(before, frame.entries ?? []);
    const record = this.#keep.record();
    // The read mark of another dialog, from before a restored backup, is of no use.
    const read = frame.reset ? frame.read : Math.max(frame.read, Math.min(record.read, frame.seq));
    if (frame.seq > 0 && !record.dialog) this.#keep.update({ dialog: true });
    this.#setOutbox(settle(frame.reset ? this.#state.outbox.filter((o) => !o.acked) : this.#state.outbox, frame.entries ?? []));
    this.#set({
      site: frame.site,
      read,
      seen: frame.seen,
      timeline: fresh ? { ...timeline, more: frame.more === true } : timeline,
    });
    const first = this.#state.connection.phase === 'connecting';
    this.#input({ type: 'welcome' });
    if (first) {
      this.#adopt();
      if (record.read > frame.read) this.#say({ t: 'read', seq: read });
    }
    this.#took(frame.entries ?? []);
    this.#flush();
  }

  /** What tabs that are gone left unsent becomes this tab's; doing so in two tabs is harmless. */
  #adopt(): void {
    this.#setOutbox(this.#state.outbox.map((o) => (o.tab === this.#tab ? o : { ...o, tab: this.#tab })));
  }

  #entries(entries: readonly Entry[]): void {
    this.#setOutbox(settle(this.#state.outbox, entries));
    this.#set({ timeline: fold(this.#state.timeline, entries) });
    this.#took(entries);
    for (const entry of entries) {
      this.#theyType(entry.author, false);
      if (entry.cid) this.#sent(entry.cid);
    }
  }

  #took(entries: readonly Entry[]): void {
    const seq = Math.max(0, ...entries.filter((e) => e.author.party !== 'visitor').map((e) => e.seq));
    if (seq) this.#say({ t: 'delivered', seq });
  }

  /** The frame in flight is answered, well or badly: the next one goes. */
  #sent(cid: ClientID): void {
    if (this.#inFlight === cid) this.#idle();
    this.#flush();
  }

  #error(frame: WireError): void {
    const { cid, code } = frame;
    if (!cid) {
      // Questions for a file's URL have no key of their own.
      const files = [...this.#asked].filter(([key]) => key.startsWith('file '));
      for (const [key, asked] of files) {
        this.#asked.delete(key);
        asked.failed(code);
      }
      if (files.length > 0) return;
      this.#complaint = { code, after: frame.retry_after, at: performance.now() };
      this.#loading = false;
      if (this.#state.connection.phase === 'online' && !final.has(code)) this.#set({ refused: code });
      return;
    }
    const asked = this.#asked.get(`upload ${cid}`);
    if (asked) {
      this.#asked.delete(`upload ${cid}`);
      asked.failed(code);
    } else if (frame.retry_after) {
      this.#idle();
      this.#timer('retrySend', frame.retry_after, () => this.#flush());
    } else {
      const item = this.#state.outbox.find((o) => o.frame.cid === cid);
      if (item?.frame.t === 'message') {
        this.#setOutbox(refuse(this.#state.outbox, cid, code));
      } else if (item) {
        // An edit or reaction that was refused is undone on the screen, with a word why.
        this.#setOutbox(drop(this.#state.outbox, cid));
        this.#set({ refused: code });
      }
      this.#sent(cid);
    }
  }

  #theyType(author: Author, on: boolean): void {
    if (author.party === 'visitor') return;
    const key = author.id ?? author.party;
    clearTimeout(this.#typingTimers.get(key));
    const others = this.#state.typing.filter((a) => (a.id ?? a.party) !== key);
    if (on) {
      this.#typingTimers.set(
        key,
        setTimeout(() => this.#theyType(author, false), typingEnds),
      );
    } else if (others.length === this.#state.typing.length) {
      return;
    }
    this.#set({ typing: on ? [...others, author] : others });
  }

  /** Another tab wrote to the storage that all tabs share. */
  #stored(key: string | null): void {
    const what = this.#keep.concerns(key);
    if (what === 'record') {
      const { read } = this.#keep.record();
      if (read > this.#state.read) this.#set({ read });
    } else if (what === 'outbox') {
      this.#set({ outbox: [...this.#state.outbox.filter((o) => o.acked), ...this.#keep.outbox()] });
      // Should that tab be gone before it is sent, this one sends it.
      this.#timer('adopt', adoptAfter + 1000, () => this.#flush());
    }
  }

  /** Messages that wait to be read. */
  get unread(): number {
    return unread(this.#state.timeline, this.#state.read);
  }
}
