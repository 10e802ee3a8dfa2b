import type { CallsChunk, ChatChunk, Host, Rare, WatchChunk } from '../../loader/host';
import { askFor, beginBehind, isThere } from '../behind';
import type { Code } from '../behind';
import { channel } from '../channel';
import { replay } from '../replay';
import { hold } from '../storage';
import { keepOf, start as connect } from '../transport';

/**
 * Stands before all that stores or sends something, on sites that ask for
 * consent: their loaders load it in place of the transport and the calls. Until
 * the visitor agrees nothing is written and nothing but files of the widget is asked for.
 */

/** A call of the page that waits. */
interface Waiting {
  readonly name: Rare;
  readonly args: readonly unknown[];
  readonly done: (value?: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** So many calls wait at most: later ones are refused. */
const most = 50;
/** What else waits for what the bridge says of a token waits no longer than so many milliseconds. */
const patience = 3000;

/** What is said of the visitor, or by it: of that nothing is told before. */
const told: ReadonlySet<Rare> = new Set(['identify', 'logout', 'set', 'event', 'page']);

/** Loads a chunk of the loader's, which is one by the names that the bridge gave it: an import of the bundle's would part it. */
function load<T>({ settings: { assets }, base }: Host, name: string): Promise<T> {
  return import(/* @vite-ignore */ new URL(`widget/${assets[name] ?? ''}`, base).href) as Promise<T>;
}

/** What waits for the agreement, of one chat: it may be destroyed, and begun anew. */
class Gate {
  readonly #host: Host;
  /** What was agreed to on this page, should the browser forbid its storage. */
  #given: string | undefined;
  #runs: readonly (() => void)[] = [];
  #calls: readonly Waiting[] = [];
  #listens = false;
  #starts = false;
  /** The host as the window has it that asks. */
  #asking: Host | undefined;
  /** What its session waits for. */
  #before: Host['before'];
  /** A user is signing out: what is there of it is not to be shown. */
  #leaving: Promise<unknown> | undefined;
  /** When somebody last signed out, in whatever tab, before the calls that wait; identity.ts writes it. */
  #signedOut: string | undefined;
  /** Somebody signed out, on this page or on another, and nothing was written of it: that is done before the visitor's agreement is. */
  #owesSignOut = false;
  /** By it other pages tell of a sign-out while nothing may be written; open as long as calls wait: a page that hears of something is kept for no way back. */
  #others: BroadcastChannel | undefined;
  #told: Code<CallsChunk> | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  get #key(): string {
    return `anteroom.${this.#host.settings.site}`;
  }

  /** The hash of what the visitor agreed to, if the site asks for that today. */
  get #agreed(): string | undefined {
    const hash = this.#given ?? this.#stored(`${this.#key}.agreed`);
    return Object.values(this.#host.settings.consents ?? {}).find((asked) => asked === hash);
  }

  #stored(key: string): string | undefined {
    try {
      return localStorage.getItem(key) ?? undefined;
    } catch {
      /* A storage that is forbidden holds nothing. */
      return undefined;
    }
  }

  /** Whether the visitor has agreed, in whatever language; then the way is free, also for what waits: a page that was kept for the way back has heard of no other. */
  isFree(): boolean {
    const hash = this.#agreed;
    if (!hash) return false;
    hold(false);
    keepOf(this.#host).agreed = hash;
    if (this.#runs.length + this.#calls.length > 0) void this.#goOn();
    return true;
  }

  /** What is known is kept from now on, and what waits has its turn: first what the page says, which may be who sits there now. */
  async #goOn(): Promise<void> {
    const runs = this.#runs;
    this.#runs = [];
    if (this.#host.before === this.#before) delete this.#host.before;
    if (this.#calls.length > 0) {
      const code = this.#code();
      beginBehind(this.#host, code);
      const handed = this.#handOver();
      if (await isThere(this.#host, code)) await handed;
    }
    // The page may have destroyed the chat meanwhile.
    if (this.#host.life.signal.aborted) return;
    for (const run of runs) run();
  }

  /** Forgets what was said before the last sign-out that the storage tells of, as of a tab in which the text before was agreed to. */
  #heedSignOut(): void {
    const out = this.#stored(`${this.#key}.out`);
    if (out !== this.#signedOut) this.#forget();
    this.#signedOut = out;
  }

  #hear(): void {
    if (this.#others) return;
    this.#others = channel(`${this.#key}.out`);
    this.#others?.addEventListener('message', () => {
      this.#owesSignOut = true;
      this.#forget();
    });
  }

  #hearNoMore(): void {
    this.#others?.close();
    this.#others = undefined;
  }

  /** What the page said of somebody who is gone is told of nobody. Where it is itself stays true. */
  #forget(): void {
    this.#drop(({ name }) => name !== 'page');
    this.#hearNoMore();
  }

  /** What is not to be told any more waits no longer. */
  #drop(gone: (waits: Waiting) => boolean): void {
    const calls = this.#calls;
    this.#calls = calls.filter((waits) => !gone(waits));
    for (const waits of calls) if (gone(waits)) waits.done();
  }

  #take(): readonly Waiting[] {
    const calls = this.#calls;
    this.#calls = [];
    this.#hearNoMore();
    return calls;
  }

  /** Runs something now, or when the visitor agrees. */
  whenFree(run: () => void): void {
    if (this.isFree()) {
      run();
      return;
    }
    this.#listen();
    this.#runs = [...this.#runs, run];
  }

  /** The loader asks again as long as there is no session. */
  start(): void {
    if (this.#starts && !this.isFree()) return;
    this.#starts = true;
    this.whenFree(() => connect(this.#host));
  }

  #listen(): void {
    if (this.#listens) return;
    this.#listens = true;
    const { life } = this.#host;
    for (const type of ['storage', 'pageshow']) addEventListener(type, () => this.isFree(), life);
    life.signal.addEventListener('abort', () => {
      for (const { fail } of this.#take()) fail(life.signal.reason);
      this.#runs = [];
      hold(false);
      this.#asking?.clear?.();
    });
  }

  /** The visitor agrees. */
  agree(): void {
    this.#given = this.#host.settings.consents?.[this.#host.language];
    try {
      if (this.#owesSignOut) this.#oweNothing();
      localStorage.setItem(`${this.#key}.agreed`, this.#given ?? '');
    } catch {
      /* see #given */
    }
    this.isFree();
  }

  /** Writes of a sign-out, for pages that could not hear of it: they were kept for the way back, or asleep. */
  #oweNothing(): void {
    localStorage.setItem(`${this.#key}.out`, String(Date.now()));
    // What was said since is of who came next.
    this.#signedOut = this.#stored(`${this.#key}.out`);
  }

  /** Shows the window, with the question in the composer's place until the visitor has agreed. */
  async show(strings: unknown, open: boolean, quiet?: boolean): Promise<void> {
    const chat = await load<ChatChunk>(this.#host, 'window');
    await this.#leaving?.catch(() => undefined);
    // The page may have destroyed the chat meanwhile.
    this.#host.life.signal.throwIfAborted();
    if (this.isFree()) await chat.show(this.#host, strings, open, quiet);
    else await chat.show((this.#asking ??= this.#ask(chat, strings)), strings, open, quiet);
  }

  #ask(chat: ChatChunk, strings: unknown): Host {
    const host = this.#host;
    this.#lookOnly();
    const asking: Host = { ...host, gate: () => this.agree() };
    this.whenFree(() => {
      // Another one asks since its user signed out.
      if (this.#asking !== asking) return;
      // The window is the host's own from now on.
      if (asking.clear) host.clear = asking.clear;
      void showFree(chat, host, strings);
    });
    return asking;
  }

  /** Makes a session that lives in memory, and connects when the visitor agrees. */
  #lookOnly(): void {
    const host = this.#host;
    hold(true);
    const before = async (): Promise<void> => {
      await new Promise<void>((done) => this.whenFree(done));
      // The page may have said who sits there.
      if (host.before !== before) await host.before?.();
    };
    this.#before = before;
    host.before = before;
    connect(host);
    this.whenFree(() => {
      // What lived in memory is kept from now on.
      keepOf(host).update({});
    });
  }

  /** Does what the page calls; what is told to the bridge waits for the agreement. */
  call(name: Rare, args: readonly unknown[]): Promise<unknown> {
    if (name === 'on') this.#host.wasOpen ??= this.#host.launcher.getAttribute('aria-expanded') === 'true';
    if (!told.has(name) || this.isFree()) return this.#pass(name, args);
    if (name === 'logout') return (this.#leaving = this.#leave());
    this.#host.life.signal.throwIfAborted();
    this.#listen();
    this.#heedSignOut();
    // Of where the page is only the last word is told.
    if (name === 'page') this.#drop((waits) => waits.name === name);
    if (this.#calls.length >= most) return Promise.reject(new Error(`The visitor has not agreed yet, and ${most} calls wait for that already.`));
    this.#hear();
    // It is to be there when the visitor agrees: what begins then waits for it.
    this.#code();
    return new Promise((done, fail) => {
      this.#calls = [...this.#calls, { name, args: asNow(args), done, fail }];
    });
  }

  /**
   * Who was signed in when the text was another one leaves nothing here: what takes away
   * waits for nobody's agreement. Of what the page said before, nobody is there any more,
   * in other tabs, too.
   */
  async #leave(): Promise<void> {
    this.#forget();
    this.#owesSignOut = true;
    const others = channel(`${this.#key}.out`);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
    others?.postMessage('');
    others?.close();
    // What else the browser keeps is of nobody: so for who only calls it on each page nothing is written or sent.
    if (!/"(dialog":true|sub":|session":)/.test(this.#stored(this.#key) ?? '')) return;
    // A window that asks goes on with another session, and is taken away with the host's own.
    const clear = this.#asking?.clear;
    if (clear) this.#host.clear = clear;
    this.#asking = undefined;
    hold(false);
    try {
      await this.#pass('logout', []);
    } finally {
      // What was said since is of who comes next.
      this.#signedOut = this.#stored(`${this.#key}.out`);
      hold(!this.#host.life.signal.aborted && !this.isFree());
    }
  }

  /** One promise for all: of several that wait for the same chunk, browsers settle any first. */
  #code(): Code<CallsChunk> {
    const host = this.#host;
    const code = (this.#told ??= askFor(host, () => load<CallsChunk>(host, 'told')));
    // That the chat was destroyed is told by what is called.
    code.there.catch(() => undefined);
    return code;
  }

  async #pass(name: Rare, args: readonly unknown[]): Promise<unknown> {
    const code = this.#code();
    if (told.has(name)) beginBehind(this.#host, code);
    return (await code.there).call(this.#host, name, args);
  }

  /** Has those begin, in their order, that wait; resolves once it is known who sits there, as far as the page has a token that says so, or that takes too long. */
  async #handOver(): Promise<void> {
    const { signal } = this.#host.life;
    try {
      const chunk = await this.#code().there;
      signal.throwIfAborted();
      this.#heedSignOut();
      const tokens = this.#take().map(({ name, args, done, fail }) => {
        const doing = chunk.call(this.#host, name, args);
        doing.then(done, fail);
        return name === 'identify' && hasToken(args[0]) ? doing : Promise.resolve();
      });
      await Promise.race([Promise.allSettled(tokens), new Promise((late) => setTimeout(late, patience))]);
    } catch (error) {
      for (const { fail } of this.#take()) fail(error);
    }
  }
}

const hasToken = (who: unknown): boolean => typeof who === 'string' || !!(Object(who) as { token?: unknown }).token;

/** What a call is about as it is now: the page may go on to change its object, or hold one that only reads like a plain one, as frameworks do. */
function asNow(args: readonly unknown[]): readonly unknown[] {
  try {
    return structuredClone(args);
  } catch {
    return JSON.parse(JSON.stringify(args)) as unknown[];
  }
}

/** Shows the window as the host's own. Where the visitor agreed in another tab, it may be writing elsewhere on this page: it goes on there. */
async function showFree(chat: ChatChunk, host: Host, strings: unknown): Promise<void> {
  const { activeElement: inside } = host.root;
  const { activeElement: before } = document;
  await chat.show(host, strings, host.launcher.getAttribute('aria-expanded') === 'true');
  if (inside) return;
  if (before instanceof HTMLElement && before !== document.body) before.focus({ preventScroll: true });
  else (host.root.activeElement as HTMLElement | null)?.blur();
}

const gates = new WeakMap<Host, Gate>();

function gateOf(host: Host): Gate {
  const gate = gates.get(host) ?? new Gate(host);
  gates.set(host, gate);
  return gate;
}

/** Connects, for the loader, once the visitor has agreed, in whatever tab. */
export function start(host: Host): void {
  gateOf(host).start();
}

/** Shows the window for the loader, with the question in the composer's place until the visitor has agreed. */
export function show(host: Host, strings: unknown, open: boolean, quiet?: boolean): Promise<void> {
  return gateOf(host).show(strings, open, quiet);
}

/** Looks at pages with the chunks that do so, once the visitor has agreed. */
export function watch(host: Host): void {
  gateOf(host).whenFree(() => {
    for (const name of host.settings.gated ?? []) {
      load<WatchChunk>(host, name).then((chunk) => chunk.watch(host), (error: unknown) => console.error('Anteroom:', error));
    }
  });
}

/** Does what the page calls; what is told to the bridge waits for the agreement. */
export async function call(host: Host, name: Rare, args: readonly unknown[]): Promise<unknown> {
  replay(host, call);
  return gateOf(host).call(name, args);
}
