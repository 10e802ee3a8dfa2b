import type { Api, Host, Rare } from '../loader/host';
import { askFor, beginBehind } from './behind';
import type { Code } from './behind';
import { forget, listen } from './listeners';
import { replay } from './replay';

/**
 * What a page calls beside opening and closing. What talks to the gateway is in
 * identity.ts, with the transport; the rest needs neither.
 */
type Act = (host: Host, ...args: never[]) => unknown;
type Told = 'identify' | 'logout' | 'set' | 'event' | 'page';

const acts: Readonly<Record<Exclude<Rare, Told>, Act>> = {
  on: (host: Host, event: unknown, listener: unknown) => listen(host, event, listener),
  off: (host: Host, event: unknown, listener?: unknown) => forget(host, event, listener),
  show: (host: Host) => launcher(host, true),
  hide: (host: Host) => launcher(host, false),
  destroy,
  site,
};

/** Does it; what the page called first begins first, also where this was to be loaded twice. Rejects with an Error that says in a sentence what is wrong. */
export async function call(host: Host, name: Rare, args: readonly unknown[]): Promise<unknown> {
  replay(host, call);
  host.life.signal.throwIfAborted();
  return Object.hasOwn(acts, name) ? acts[name as keyof typeof acts](host, ...(args as never[])) : tell(host, name as Told, args as never[]);
}

/** One promise for all that a chat's page calls: of several that wait for the same chunk, browsers settle any first. */
const codes = new WeakMap<Host, Code<typeof import('./identity')>>();

/** What is said of the visitor waits for its chunk, and a session that begins meanwhile waits for it too. */
async function tell(host: Host, name: Told, args: never[]): Promise<unknown> {
  const code = codes.get(host) ?? askFor(host, () => import('./identity'));
  codes.set(host, code);
  beginBehind(host, code);
  const identity = await code.there;
  host.life.signal.throwIfAborted();
  return (identity[name] as Act)(host, ...args);
}

let hides: CSSStyleSheet | undefined;

/** Hides the launcher with what is shown beside it, or shows it again; a window that is open stays. */
function launcher({ root }: Host, shown: boolean): void {
  if (!shown && !hides) {
    hides = new CSSStyleSheet();
    hides.replaceSync(':host(.hidden)>:not(:has(.window)){display:none!important}');
  }
  if (hides && !root.adoptedStyleSheets.includes(hides)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, hides];
  root.host.classList.toggle('hidden', !shown);
}

/** Ends all that the chat is on this page; what the browser keeps of the dialog stays for the next time. */
function destroy(host: Host): void {
  const { api, life, observer, root, session, settings } = host;
  host.clear?.();
  const page: { Anteroom?: object } = window;
  observer.disconnect();
  const gone = new Error('This chat was destroyed; what is called on it does nothing any more.');
  life.abort(gone);
  root.host.remove();
  clearTimeout(session?.adoption);
  clearTimeout(session?.typed);
  clearTimeout(session?.sending.pause);
  try {
    sessionStorage.removeItem(`anteroom.${settings.site}.open`);
  } catch {
    /* A storage that is forbidden holds nothing. */
  }
  const { sites } = api;
  Reflect.deleteProperty(sites, settings.site);
  if (page.Anteroom === api) {
    const [next] = Object.values(sites);
    if (next) page.Anteroom = next;
    else delete page.Anteroom;
  }
  const refuse = (): Promise<never> => {
    const refused = Promise.reject(gone);
    refused.catch((error: unknown) => console.error('Anteroom:', error));
    return refused;
  };
  Object.assign(api, Object.fromEntries(Object.keys(api).map((name) => [name, name === 'sites' ? {} : refuse])));
}

/** The calls of another site's chat on this page, as soon as its script has run. */
function site({ api: { sites }, life: { signal } }: Host, name: unknown): Promise<Api> | Api {
  if (typeof name !== 'string' || !/^[a-z0-9-]+$/.test(name)) throw new TypeError('A site is named by a text: the name of its script, without ".js".');
  const here = Object.hasOwn(sites, name) && sites[name];
  if (here) return here;
  return new Promise((done, refuse) => {
    signal.addEventListener('abort', () => refuse(signal.reason));
    // Who waits for the same site waits behind the one before.
    const before = Object.getOwnPropertyDescriptor(sites, name);
    Object.defineProperty(sites, name, {
      configurable: true,
      get: () => undefined,
      set(api: Api) {
        if (before) before.set?.(api);
        else Object.defineProperty(sites, name, { configurable: true, enumerable: true, writable: true, value: api });
        done(api);
      },
    });
  });
}
