import { ask, Refusal } from '../asked';
import type { Outgoing, Place } from '../outbox';
import type { Session } from '../session';
import type { Host } from '../../loader/host';
import { ofTab, randomID } from '../storage';
import { keepOf } from '../transport';
import type { ClientID, WireFile } from '../entry';
import type { VoiceFile } from '../voice/recording';
import type { UploadAnswer } from '../wire';
import { answer as answerFor, isThere } from './present';

/** A file on its way to the gateway. */
export interface Pending {
  /** The same at each try, so that the gateway knows the file again. */
  readonly cid: ClientID;
  readonly file: File;
  /** What the visitor chose it by: a picture that was made smaller may have another. */
  readonly name: string;
  /** Its message's place in the order of sending. */
  readonly place: Place;
  /** From 0 to 1. */
  readonly progress: number;
  readonly state: 'waiting' | 'sending' | 'failed';
  /** The code of a refusal, when there was one; "unreadable" is the browser's. */
  readonly code: string | undefined;
  /** How often its bytes have broken off while the link was there. */
  readonly failures: number;
}

/** A file that the visitor has chosen, with its message's place. */
export type Chosen = readonly [file: File, place: Place];

/** A file that went with the tab's last page; two may have one name. */
export interface Lost {
  readonly name: string;
  readonly key: number;
}

/** No name of a file holds this one. */
const between = '/';
/** As many uploads share the line. */
const atOnce = 2;
/** The gateway lets 10 files wait for their messages; other tabs may have some too. */
const unsent = 6;
/** Milliseconds before what broke off is tried again: at first, and at most. */
const pause = { first: 1000, last: 30_000 };
/** A file that has broken off so often on one link is given up: others are not to wait for it for ever. */
const most = 3;
/** An upload that stands still for so many milliseconds has broken off. */
const stalled = 45_000;
/** So often other tabs are told that what was written behind a file waits for it here, in milliseconds; see adoptAfter. */
const holdEvery = 5000;
/** A file whose first byte is not read within so many milliseconds cannot be read: what lies on the device takes some. */
const firstByte = 10_000;

/** Lets the browser ask whether the page may go, and with it what is only there. */
function askFirst(event: BeforeUnloadEvent): void {
  // For this all ask; Chrome before 119 for nothing else.
  event.returnValue = true;
}

/**
 * Files on their way: announced, put, then sent as a message each, in the
 * order in which they were chosen. What breaks off goes on by itself; only a
 * refusal for good, and what never gets through, is left to the visitor. They
 * live on this page only, because a browser does not let a page keep a file:
 * it asks before it is left, and the next one knows the names. So does a copy
 * of the tab, which has its storage: there the names are of files that go.
 */
export class Uploads {
  #list: readonly Pending[] = [];
  #held: readonly File[] = [];
  readonly #found = new WeakSet<File>();
  readonly #listeners = new Set<() => void>();
  readonly #requests = new Map<ClientID, XMLHttpRequest>();
  readonly #session: Session;
  readonly #host: Host;
  readonly #forget: () => void;
  #lost: readonly Lost[];
  /** Names this page, in front of those of its files. */
  readonly #page = randomID(6);
  /** Whether the page that kept the names of the lost ones was asked for; while it is there, they are not lost. */
  #known = false;
  #stopAsking: (() => void) | undefined;
  #stopAnswering: (() => void) | undefined;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  /** When other tabs were told of what waits behind a file, by the gateway's clock. */
  readonly #holds = new Map<ClientID, number>();
  readonly #life = new AbortController();

  constructor(session: Session, host: Host) {
    this.#session = session;
    this.#host = host;
    const [page = '', ...names] = ofTab(host.settings.site, 'files').split(between);
    this.#lost = names.map((name, key) => ({ name, key }));
    if (page) {
      this.#stopAsking = isThere(this.#channel(page), (there) => {
        this.#known = true;
        if (there) this.#lost = [];
        this.#set([...this.#list]);
      });
    }
    this.#hold();
    const holding = setInterval(() => this.#hold(), holdEvery);
    this.#life.signal.addEventListener('abort', () => clearInterval(holding));
    addEventListener('pagehide', () => this.#release(), this.#life);
    let [online, loose, known] = [false, 0, session.state.outbox];
    this.#forget = session.subscribe(() => {
      const before = { online, loose };
      online = session.state.connection.phase === 'online';
      loose = this.#loose();
      if (session.state.outbox !== known) this.#hold();
      known = session.state.outbox;
      // The way is free again: the link is back, or a file has its message.
      if (online && !before.online) this.#set(this.#list.map((p) => ({ ...p, failures: 0 })));
      else if (loose >= before.loose) return;
      this.#goOn();
    });
  }

  /** Says to the other tabs, in the storage that all have, that what was written behind a file waits for it here. */
  #hold(): void {
    const now = Date.now() + this.#session.state.ahead;
    const isNews = ({ frame: { cid }, held }: Outgoing): boolean => ![held, this.#holds.get(cid)].some((at) => at !== undefined && Math.abs(now - at) < holdEvery);
    const { taken, outbox } = this.#session.state;
    const behind = outbox.filter((o) => o.frame.t === 'message' && !o.acked && taken.some(({ at }) => at < o.at) && isNews(o));
    for (const { frame } of behind) this.#holds.set(frame.cid, now);
    keepOf(this.#host).saveOutbox([], behind.map((o) => ({ ...o, held: now })));
  }

  /** The page goes, and its files with it: the next one, or another tab, sends what was behind them. */
  #release(): void {
    const held = this.#session.state.outbox.filter((o) => !o.acked && (o.held || this.#holds.has(o.frame.cid)));
    this.#holds.clear();
    keepOf(this.#host).saveOutbox([], held.map((o) => ({ ...o, held: undefined })));
  }

  get list(): readonly Pending[] {
    return this.#list;
  }

  get lost(): readonly Lost[] {
    return this.#known ? this.#lost : [];
  }

  #channel(page: string): string {
    return `anteroom.${this.#host.settings.site}.files.${page}`;
  }

  /** The visitor knows that this one of the last page's files was not sent. */
  forget(lost: Lost | undefined): void {
    this.#lost = this.#lost.filter((l) => l !== lost);
    this.#set([...this.#list]);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Gives up what is on its way, and hears of nothing any more. */
  end(): void {
    this.#forget();
    this.#stopAsking?.();
    this.#stopAnswering?.();
    clearTimeout(this.#pause);
    this.#release();
    this.#life.abort();
    // What is written is not to wait for files that will never go.
    for (const { place } of this.#list) this.#session.free(place);
    this.#list = [];
    for (const request of this.#requests.values()) request.abort();
    removeEventListener('beforeunload', askFirst);
    this.#listeners.clear();
  }

  /** What is chosen and not on its way yet: the browser asks for it too, and the next page knows its names. */
  hold(files: readonly File[]): void {
    this.#held = files;
    this.#set([...this.#list]);
  }

  /** A file is chosen: of those that went with the last page, another of that name is still to be chosen again. */
  found(file: File): void {
    // One that waited to be sent with the next ones is not chosen twice.
    if (this.#found.has(file)) return;
    this.#found.add(file);
    this.forget(this.#lost.find(({ name }) => name === file.name));
  }

  /** Takes a file, for the one that was chosen; with the code why it cannot go, it is only left to the visitor. */
  add(file: File, place: Place, code?: string, { name } = file): void {
    const pending: Pending = { cid: randomID(12), file, name, place, progress: 0, state: 'waiting', code: undefined, failures: 0 };
    this.#set([...this.#list, pending]);
    if (code) return this.#fail(pending, code);
    // Before its turn, too: others are not to wait for each that is read without end.
    readable(file).catch(({ message }: Refusal) => this.#fail(pending, message));
    this.#next();
  }

  /** Leaves it to the visitor, and frees the way. */
  #fail({ cid }: Pending, code: string | undefined): void {
    const now = this.#list.find((p) => p.cid === cid);
    if (!now || now.state === 'failed') return;
    this.#change(cid, { state: 'failed', code });
    this.#session.free(now.place);
    this.#next();
  }

  /** Tries a refused file once more; it has a new place, since the others did not wait for it. */
  retry({ cid }: Pending): void {
    this.#change(cid, { state: 'waiting', code: undefined, failures: 0, place: this.#session.take() });
    this.#next();
  }

  cancel({ cid, place }: Pending): void {
    this.#session.free(place);
    this.#drop(cid);
    this.#next();
  }

  #drop(cid: ClientID): void {
    this.#set(this.#list.filter((p) => p.cid !== cid));
    this.#requests.get(cid)?.abort();
    this.#requests.delete(cid);
  }

  #set(list: readonly Pending[]): void {
    this.#list = list;
    const going = [...this.#held, ...list.filter((p) => p.state !== 'failed')];
    const names = [...this.#lost, ...going].map(({ name }) => name);
    const kept = names.length > 0 ? [this.#page, ...names].join(between) : '';
    const { site } = this.#host.settings;
    // The window writes it too: it knows what was chosen before these parts are there.
    if (kept !== ofTab(site, 'files')) ofTab(site, 'files', kept);
    if (kept) {
      this.#stopAnswering ??= answerFor(this.#channel(this.#page));
    } else {
      this.#stopAnswering?.();
      this.#stopAnswering = undefined;
    }
    if (going.length > 0) addEventListener('beforeunload', askFirst);
    else removeEventListener('beforeunload', askFirst);
    for (const listener of this.#listeners) listener();
  }

  #change(cid: ClientID, change: Partial<Pending>): void {
    this.#set(this.#list.map((p) => (p.cid === cid ? { ...p, ...change } : p)));
  }

  /** Files that the gateway has, or will have before it knows of their messages. */
  #loose(): number {
    return this.#session.state.outbox.filter(({ frame, acked, failed }) => frame.t === 'message' && frame.file && !acked && !failed).length;
  }

  #goOn(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#next();
  }

  /** Starts what may start, the first ones first. */
  #next(): void {
    if (this.#pause || this.#session.state.connection.phase !== 'online') return;
    const running = this.#list.filter((p) => p.state === 'sending').length;
    // The first one always may: those that are on the gateway may be waiting for it.
    const room = Math.max(running ? 0 : 1, Math.min(atOnce, unsent - this.#loose()) - running);
    for (const p of this.#list.filter(({ state }) => state === 'waiting').slice(0, room)) void this.#run(p);
  }

  async #run(pending: Pending): Promise<void> {
    const { cid, file, place } = pending;
    const { voice } = file as Partial<VoiceFile>;
    this.#change(cid, { state: 'sending', progress: 0 });
    try {
      await readable(file);
      if (!this.#has(cid)) return;
      const answer = await inTime(ask<UploadAnswer>(this.#session, { t: 'upload', cid, name: file.name, type: file.type, size: file.size, ...(voice && { voice }) }));
      if (!this.#has(cid)) return;
      await this.#put(cid, new URL(answer.url, this.#host.base).href, file);
      if (!this.#has(cid)) return;
      this.#failures = 0;
      this.#drop(cid);
      this.#session.send({ t: 'message', file: answer.file }, describe(answer.file, file), place);
    } catch (error) {
      const now = this.#list.find((p) => p.cid === cid);
      if (now?.state !== 'sending') return;
      const said = error instanceof Refusal ? error : undefined;
      // The link that is there has just answered where the bytes go: it is not to blame.
      const failures = now.failures + (!said && this.#session.state.connection.phase === 'online' ? 1 : 0);
      if ((said && !said.after) || failures >= most) {
        this.#fail(now, said?.message);
      } else {
        this.#change(cid, { state: 'waiting', failures });
        const usual = Math.min(pause.last, pause.first * 2 ** this.#failures++);
        clearTimeout(this.#pause);
        this.#pause = setTimeout(() => this.#goOn(), said?.after ?? usual);
      }
    }
    this.#next();
  }

  #has(cid: ClientID): boolean {
    return this.#list.some((p) => p.cid === cid);
  }

  /** Puts the bytes; rejects as announcing does. XMLHttpRequest, because fetch tells no progress. */
  #put(cid: ClientID, url: string, file: File): Promise<void> {
    return new Promise((done, reject) => {
      const request = new XMLHttpRequest();
      this.#requests.set(cid, request);
      let watch: ReturnType<typeof setTimeout> | undefined;
      const alive = (): void => {
        clearTimeout(watch);
        watch = setTimeout(() => request.abort(), stalled);
      };
      request.open('PUT', url);
      request.upload.onprogress = ({ loaded, total }) => {
        alive();
        // Timers of a hidden page run once a minute.
        this.#hold();
        this.#change(cid, { progress: total ? loaded / total : 0 });
      };
      request.onload = () => {
        // What answers in the gateway's place, as a portal does, has not taken it.
        if (request.status === 204) done();
        else reject(refusal(request));
      };
      request.onerror = request.onabort = () => reject(new Error('broken off'));
      request.onloadend = () => {
        clearTimeout(watch);
        if (this.#requests.get(cid) === request) this.#requests.delete(cid);
      };
      alive();
      request.send(file);
    });
  }
}

/**
 * Rejects with a Refusal if the file is empty, or the browser cannot read it
 * any more: it was deleted or changed after it was chosen, is a folder, or a
 * picture in a cloud whose read does not end.
 */
export function readable(file: File): Promise<void> {
  // A file that is gone has no size in some browsers: a slice of nothing would be readable.
  return inTime((file.size ? file.slice(0, 1) : file).arrayBuffer(), firstByte).then(
    ({ byteLength }) => {
      if (!byteLength) throw new Refusal('empty');
    },
    () => {
      throw new Refusal('unreadable');
    },
  );
}

/** The promise, which has broken off when nothing came of it for so many milliseconds. */
export function inTime<T>(promise: Promise<T>, ms = stalled): Promise<T> {
  let watch: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    watch = setTimeout(() => reject(new Error('broken off')), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(watch));
}

/** What an answer says that is not a success; one without a code is not the gateway's, but of a proxy before it. */
function refusal({ responseText: body }: XMLHttpRequest): Error {
  const code = /"code":\s*"(\w+)"/.exec(body)?.[1];
  const after = Number(/"retry_after":\s*(\d+)/.exec(body)?.[1]);
  return code ? new Refusal(code, after || undefined) : new Error('no answer of the gateway');
}

/**
 * How the message looks until its entry comes: a name and a size. The picture
 * itself waits for the gateway, because a page's policy may forbid blob: URLs.
 */
function describe(id: string, file: File): WireFile {
  return { id, kind: 'file', name: file.name, type: file.type, size: file.size, url: '' };
}
