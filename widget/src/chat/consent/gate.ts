import type { CallsChunk, ChatChunk, Host, Rare, WatchChunk } from '../../loader/host';
import { replay } from '../replay';
import { hold } from '../storage';
import { keepOf, start as connect } from '../transport';

/**
 * Stands before all that stores or sends something, on sites that ask for
 * consent: their loaders load it in place of the transport and the calls. Until
 * the visitor agrees nothing is written and nothing but files of the widget is asked for.
 */

/** What waits for the agreement. */
let waiting: readonly (() => void)[] = [];
/** Calls of the page that wait. */
let calls = 0;
/** So many of them wait at most: later ones are refused. */
const most = 50;
/** What was agreed to on this page, should the browser forbid its storage. */
let given: string | undefined;

/** Loads a chunk of the loader's, which is one by the names that the bridge gave it: an import of the bundle's would part it. */
function load<T>({ settings: { assets }, base }: Host, name: string): Promise<T> {
  return import(/* @vite-ignore */ new URL(`widget/${assets[name] ?? ''}`, base).href) as Promise<T>;
}

const key = ({ settings: { site } }: Host): string => `anteroom.${site}.agreed`;

/** The hash of what the visitor agreed to, if the site asks for that today. */
function agreed(host: Host): string | undefined {
  let hash = given;
  try {
    hash ??= localStorage.getItem(key(host)) ?? undefined;
  } catch {
    /* A storage that is forbidden holds nothing. */
  }
  return Object.values(host.settings.consents ?? {}).find((asked) => asked === hash);
}

/** Whether the visitor has agreed, in whatever language; then the way is free, also for what waits: a page that was kept for the way back has heard of no other. */
function isFree(host: Host): boolean {
  const hash = agreed(host);
  if (!hash) return false;
  keepOf(host).agreed = hash;
  if (waiting.length > 0) goOn();
  return true;
}

/** What is known is kept from now on, and what waits has its turn. */
function goOn(): void {
  hold(false);
  const runs = waiting;
  waiting = [];
  calls = 0;
  for (const run of runs) run();
}

/** Runs something now, or when the visitor agrees. */
function whenFree(host: Host, run: () => void): void {
  if (isFree(host)) {
    run();
    return;
  }
  if (waiting.length === 0) {
    for (const type of ['storage', 'pageshow']) addEventListener(type, () => isFree(host), host.life);
    host.life.signal.addEventListener('abort', () => {
      waiting = [];
      calls = 0;
      hold(false);
    });
  }
  waiting = [...waiting, run];
}

/** The visitor agrees. */
function agree(host: Host): void {
  given = host.settings.consents?.[host.language];
  try {
    localStorage.setItem(key(host), given ?? '');
  } catch {
    /* see given */
  }
  isFree(host);
}

/** Connects, for the loader; once the visitor has agreed, in whatever tab: the loader asks for a dialog that goes on but once. */
export function start(host: Host): void {
  // Of two such sites on a page one may be agreed to without the other.
  if (isFree(host)) connect(host);
  else whenFree(host, () => start(host));
}

let asking: Host | undefined;

/** Shows the window for the loader, with the question in the composer's place until the visitor has agreed. */
export async function show(host: Host, strings: unknown, open: boolean, quiet?: boolean): Promise<void> {
  const chat = await load<ChatChunk>(host, 'window');
  if (isFree(host)) {
    await chat.show(host, strings, open, quiet);
    return;
  }
  if (!asking) {
    lookOnly(host);
    asking = { ...host, gate: () => agree(host) };
    host.life.signal.addEventListener('abort', () => {
      asking?.clear?.();
      asking = undefined;
    });
    whenFree(host, () => {
      // The window is the host's own from now on.
      if (asking?.clear) host.clear = asking.clear;
      void showFree(chat, host, strings);
    });
  }
  await chat.show(asking, strings, open, quiet);
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

/** Makes a session that lives in memory, and connects when the visitor agrees. */
function lookOnly(host: Host): void {
  hold(true);
  const before = (): Promise<void> => new Promise((done) => whenFree(host, done));
  host.before = before;
  connect(host);
  whenFree(host, () => {
    if (host.before === before) delete host.before;
    // What lived in memory is kept from now on.
    keepOf(host).update({});
  });
}

/** Looks at pages with the chunks that do so, once the visitor has agreed. */
export function watch(host: Host): void {
  whenFree(host, () => {
    for (const name of host.settings.gated ?? []) {
      load<WatchChunk>(host, name).then((chunk) => chunk.watch(host), (error: unknown) => console.error('Anteroom:', error));
    }
  });
}

/** What is said of the visitor, or by it: of that nothing is told before. */
const told: ReadonlySet<Rare> = new Set(['identify', 'logout', 'set', 'event', 'page']);

let calling: Promise<CallsChunk> | undefined;

/** Does what the page calls; what is told to the bridge waits for the agreement. */
export async function call(host: Host, name: Rare, args: readonly unknown[]): Promise<unknown> {
  replay(host, call);
  // As it is now: the page may go on to change its object.
  const kept = told.has(name) ? structuredClone(args) : args;
  if (told.has(name) && !isFree(host)) {
    if (calls >= most) throw new Error(`The visitor has not agreed yet, and ${most} calls wait for that already.`);
    calls++;
    const { signal } = host.life;
    await new Promise<void>((done, refuse) => {
      whenFree(host, done);
      signal.addEventListener('abort', () => refuse(signal.reason));
    });
  }
  // One promise for all: of several that wait for the same chunk, browsers settle any first. One that did not load is tried again.
  const chunk = (calling ??= load<CallsChunk>(host, 'told'));
  chunk.catch(() => (calling = undefined));
  return (await chunk).call(host, name, kept);
}
