import type { Asked } from './asked';
import { Line } from './line';
import type { Live } from './live';
import { add, adoptAfter, drop, isHeld, mark, next, settle } from './outbox';
import type { Outbox, Place } from './outbox';
import { currentPage, watchPage } from './page';
import { Sending } from './sending';
import type { Draft, State } from './state';
import { randomID } from './storage';
import type { Keep } from './storage';
import { emptyTimeline, fold, newestFromThem, unread } from './timeline';
import { variantOf } from './variant';
import type { ClientID, Entry, WireFile } from './entry';
import type { ClientFrame, Durable, Hello, Hints, ServerFrame, Welcome, WireError } from './wire';

/** The first use of Intl costs tens of milliseconds in Chromium: newer browsers have another way. */
function timeZone(): string {
  const { Temporal } = globalThis as { Temporal?: { Now: { timeZoneId(): string } } };
  return Temporal?.Now.timeZoneId() ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** A browser that has User-Agent Client Hints, on a page with TLS. */
interface HintedNavigator extends Navigator {
  readonly userAgentData?: { getHighEntropyValues(names: string[]): Promise<Hints> };
}

const historyPage = 50;
/** Who waits for less than so many milliseconds has only written quickly. */
const soon = 10_000;
/** The gateway's usual limit of a frame is 64 KiB; over it the connection would end. */
const mostBytes = 60_000;

/**
 * One tab's side of the dialog: it holds the state, and says to each part what
 * the gateway, the visitor or another tab has done.
 */
export class Session {
  #state: State;
  readonly #line: Line;
  readonly #language: string;
  readonly #keep: Keep;
  readonly #tab = randomID(6);
  #hints: Hints | undefined;
  readonly #other: (code?: string) => void;
  /** What the first link was opened with: what is held here belongs to no other. */
  secret: string | undefined;
  /** Takes a frame that answers what the page told the bot; lane.ts sets it. */
  heard: ((frame: ServerFrame) => boolean) | undefined;
  readonly #listeners = new Set<() => void>();
  /** Loaded when somebody types, or a model writes, for the first time. */
  #live: Promise<Live | undefined> | undefined;
  readonly sending = new Sending({
    next: () => next(this.#state.outbox, this.#tab, Date.now() + this.#state.ahead, this.#state.taken),
    say: (frame) => this.say(frame),
    stuck: () => this.#line.closed(),
  });
  /** What asks about files, from the first question on; asked.ts sets it. */
  asked: Asked | undefined;
  /** Ends with it; whatever listens or waits on its behalf ends too. */
  readonly life = new AbortController();
  /** Two that may still run when it ends, as that of its sending; who ends it clears them. */
  adoption: ReturnType<typeof setTimeout> | undefined;
  typed: ReturnType<typeof setTimeout> | undefined;
  #loading = false;
  #opened = false;

  /**
   * endpoint is {public_url}/v1/{site}/; other is called when another tab goes
   * on with another secret; when this one opens nothing any more, with the code
   * of the public error that says so; and with "gone" when it opens another dialog.
   */
  constructor(endpoint: string, keep: Keep, language: string, other: (code?: string) => void) {
    this.#language = language;
    this.#keep = keep;
    this.#other = other;
    this.#line = new Line(endpoint, {
      hello: () => this.helloFrame(),
      frame: (frame) => this.#receive(frame),
      changed: (connection) => this.#set({ connection }),
      lost: () => this.#lost(),
    });
    const record = this.#keep.record();
    this.#state = {
      connection: this.#line.connection,
      timeline: emptyTimeline,
      outbox: this.#keep.outbox(),
      read: record.read,
      seen: 0,
      left: 0,
      ahead: 0,
      typing: [],
      writing: [],
      taken: [],
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
    const { life } = this;
    // What it had to wait for may have taken longer than it lasted.
    if (life.signal.aborted) return;
    addEventListener('storage', (event) => this.#stored(this.#keep.concerns(event.key)), life);
    watchPage(() => this.page(), life.signal);
    // What the User-Agent hides by now. It takes less time than a link to open.
    (navigator as HintedNavigator).userAgentData?.getHighEntropyValues(['platformVersion', 'model']).then(
      (hints) => (this.#hints = hints),
      () => undefined,
    );
    this.#line.start(life);
  }

  /** The visitor has come back: now is the time to have a link again. */
  wake(): void {
    this.#line.input({ type: 'wake' });
  }

  /** Ends for good, and shows nothing any more. */
  end(): void {
    this.life.abort();
    this.#line.end();
    this.#set({ timeline: emptyTimeline, outbox: [] });
  }

  /** Takes the next place in the order of sending: messages written later wait until it is used or freed. */
  take(): Place {
    // One after the other also when the clock was put back, or stands still.
    const { outbox, taken, ahead } = this.#state;
    const newest = Math.max(...[...outbox, ...taken].map((p) => p.at));
    // By the gateway's clock, as far as that was told.
    const place = { at: Math.max(Date.now() + ahead, newest + 1) };
    this.#set({ taken: [...taken, place] });
    return place;
  }

  free(place: Place): void {
    this.#set({ taken: this.#state.taken.filter((p) => p !== place) });
    this.sending.flush();
  }

  /** Queues a frame and sends it as soon as the link is there, and what is before it has gone; one with a key in place of what has that key. */
  send(draft: Draft, file?: WireFile, place = this.take()): void {
    const frame: Durable = { cid: randomID(12), ...draft };
    this.#keep.update({ dialog: true });
    const large = new TextEncoder().encode(JSON.stringify(frame)).length > mostBytes;
    // Behind a file it is this tab's; the parts for files go on saying so.
    const held = this.#state.taken[1]?.at;
    this.#setOutbox(add(this.#state.outbox, { frame, failed: large ? 'too_large' : undefined, ...place, held, tab: this.#tab, file }));
    this.free(place);
  }

  /** Forgets a message that was refused. */
  discard(cid: ClientID): void {
    this.#setOutbox(drop(this.#state.outbox, cid));
  }

  dismiss(): void {
    this.#set({ refused: undefined });
  }

  /** Sends a frame that is not kept; false if there is no link for it. */
  say(frame: ClientFrame): boolean {
    return this.#line.say(frame);
  }

  page(): void {
    this.say({ t: 'page', ...currentPage() });
  }

  /** The visitor has opened the window; told once. */
  opened(): boolean {
    return (this.#opened ||= this.say({ t: 'opened' }));
  }

  /** Everything that is here has been seen by the visitor. */
  markRead(): void {
    const seq = newestFromThem(this.#state.timeline);
    if (seq <= this.#state.read) return;
    this.#set({ read: seq });
    this.#keep.update({ read: Math.max(seq, this.#keep.record().read) });
    this.say({ t: 'read', seq });
  }

  /** Asks for the page of entries before those that are here. */
  older(): void {
    const { timeline, connection } = this.#state;
    if (this.#loading || !timeline.more || connection.phase !== 'online') return;
    this.#loading = true;
    this.say({ t: 'history', before: timeline.first, limit: historyPage });
  }

  #set(change: Partial<State>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Shows and keeps a new state of the outbox, with entries that have come. */
  #setOutbox(outbox: Outbox, entries: readonly Entry[] = [], timeline = fold(this.#state.timeline, entries)): void {
    // Nobody else has these objects yet.
    for (const { file } of entries) if (file) file.came = Date.now();
    const left = settle(outbox, entries, timeline.last?.seq);
    this.#keep.saveOutbox(this.#state.outbox, left);
    // The next one may be held up too: the reason is told until all have gone.
    this.#set({ outbox: left, timeline, ...(left.every((o) => o.acked ?? o.failed) && { held: undefined }) });
  }

  /** The link has gone, or the next one is opened: a page that was kept for the way back has heard of no change meanwhile. */
  #lost(): void {
    this.#stored('record');
    this.#loading = false;
    this.sending.lost();
    this.asked?.lost();
    void this.#live?.then((live) => live?.lost());
  }

  /** What a link begins with. */
  helloFrame(): Hello {
    return {
      t: 'hello',
      secret: (this.secret ??= this.#keep.record().secret),
      resume: this.#state.timeline.last,
      page: currentPage(),
      // The window's own, in the browser's variant: the bot in it is to speak no other.
      language: variantOf(this.#language),
      time_zone: timeZone(),
      // Old libraries have lists write themselves, as texts, and the gateway takes no such.
      ...(this.#hints && !('toJSON' in []) && { hints: this.#hints }),
      consent: this.#keep.agreed,
    };
  }

  #receive(frame: ServerFrame): void {
    if (this.heard?.(frame)) return;
    // Should it not load, nobody is seen to type, and a reply comes as a whole.
    if (frame.t === 'typing' || frame.t === 'stream') this.#live ??= import('./live').then(({ Live: Chunk }) => new Chunk((now) => this.#set(now), this.life.signal), () => (this.#live = undefined));
    void this.#live?.then((live) => live?.take(frame, this.#state.timeline));
    switch (frame.t) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'entry':
        this.#setOutbox(this.#state.outbox, [frame.entry]);
        this.#arrived([frame.entry]);
        break;
      case 'ack':
        this.#setOutbox(mark(this.#state.outbox, frame.cid, { failed: undefined, acked: frame }));
        this.sending.answered(frame.cid);
        break;
      case 'error':
        this.#error(frame);
        break;
      case 'history':
        this.#history(frame.entries ?? [], frame.more);
        break;
      case 'read':
        this.#set({ seen: frame.seq });
        break;
      case 'left':
        this.#set({ left: frame.seq });
        break;
      case 'flow':
        this.#set({ flow: frame });
        break;
      case 'pong':
        this.#line.input({ type: 'pong' });
        break;
      case 'upload':
      case 'file':
        this.asked?.answer(frame);
        break;
      case 'typing':
      case 'stream':
        // Taken above.
        break;
    }
  }

  #history(entries: readonly Entry[], more = false): void {
    const { outbox, timeline } = this.#state;
    this.#loading = false;
    this.#setOutbox(outbox, entries, { ...fold(timeline, entries), more });
  }

  #welcome({ site, seq, reset, entries: some, more = false, read: readHere, seen, left = 0, now, flow }: Welcome): void {
    const { timeline: held, outbox, connection } = this.#state;
    const entries = some ?? [];
    const timeline = fold(reset ? emptyTimeline : held, entries);
    const record = this.#keep.record();
    const begins = connection.phase === 'connecting';
    // The read mark of another dialog, an erased one or from before a restored backup, is of no use. On the
    // fall-back an answer may be older than what is here.
    const read = reset ? readHere : Math.max(readHere, begins ? Math.min(record.read, seq) : record.read);
    // In a new dialog there is nothing to change: only what was written goes on its way.
    const unsent = reset ? outbox.filter((o) => !o.acked && (seq > 0 || o.frame.t === 'message')) : outbox;
    this.#keep.update({ read, dialog: seq > 0 || unsent.length > 0 });
    this.#setOutbox(unsent, entries, reset || !held.last ? { ...timeline, more } : timeline);
    this.#set({ site, read, seen, left, flow, ...(begins && { ahead: now ? now - Date.now() : 0 }) });
    this.#line.input({ type: 'welcome' });
    if (begins) {
      this.#adopt();
      if (read > readHere) this.say({ t: 'read', seq: read });
    }
    // The last link may have gone with what was said on it of its last entries.
    this.#arrived(entries, begins ? newestFromThem(timeline) : 0);
    this.sending.flush();
    if (reset) this.#other('gone');
  }

  /** What tabs that are gone left unsent becomes this tab's; doing so in two tabs is harmless. */
  #adopt(): void {
    const now = Date.now() + this.#state.ahead;
    // What is left to others is looked at again: their tab may be gone.
    this.#stored('outbox');
    this.#setOutbox(this.#state.outbox.map((o) => (o.tab === this.#tab || isHeld(o, now) ? o : { ...o, tab: this.#tab })));
  }

  /** Says how far this tab has come. */
  #arrived(entries: readonly Entry[], newest = 0): void {
    // The bot may begin a dialog.
    if (entries.length > 0) this.#keep.update({ dialog: true });
    for (const { author, seq, cid } of entries) {
      if (author.party !== 'visitor') newest = Math.max(newest, seq);
      if (cid) this.sending.answered(cid);
    }
    if (newest) this.say({ t: 'delivered', seq: newest });
  }

  #error(frame: WireError): void {
    const { cid, code, retry_after: later } = frame;
    if (this.asked?.refused(frame)) return;
    if (!cid) {
      // The visitor was erased, and the next hello finds a new, empty dialog.
      if (code === 'gone') return;
      this.#line.complain(frame);
      // Signed out elsewhere: this secret opens nothing any more.
      if (code === 'signed_out') this.#other(code);
      // Of the frames without a key only this one is the visitor's wish.
      if (this.#loading) this.#set({ refused: code });
      this.#loading = false;
    } else if (later) {
      this.sending.later(later);
      this.#set({ held: code === 'too_fast' && later < soon ? 'quick' : code });
    } else {
      const item = this.#state.outbox.find((o) => o.frame.cid === cid);
      const what = item?.frame.t;
      if (what === 'message' || what === 'rate') {
        this.#setOutbox(mark(this.#state.outbox, cid, { failed: code }));
      } else if (item) {
        // An edit or reaction that was refused is undone on the screen, with a word why.
        this.#setOutbox(drop(this.#state.outbox, cid));
        this.#set({ refused: code });
      }
      this.sending.answered(cid);
    }
  }

  /** Another tab wrote to the storage that all tabs share. */
  #stored(what: 'record' | 'outbox' | undefined): void {
    if (what === 'record') {
      const { read, secret } = this.#keep.record();
      if (secret !== (this.secret ?? secret)) this.#other();
      else if (read > this.#state.read) this.#set({ read });
    } else if (what === 'outbox') {
      const { outbox, timeline } = this.#state;
      this.#set({ outbox: settle(this.#keep.merged(outbox), timeline.messages, timeline.last?.seq) });
      // Should that tab be gone before it is sent, this one sends it.
      clearTimeout(this.adoption);
      this.adoption = setTimeout(() => this.sending.flush(), adoptAfter + 1000);
    }
  }

  /** Messages that wait to be read. */
  get unread(): number {
    return unread(this.#state.timeline, this.#state.read);
  }
}
