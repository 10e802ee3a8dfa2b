import type { Api, CallsChunk, ChatChunk, Host, Language, Queue, Rare, TransportChunk, WatchChunk } from './host';
import css from './loader.css?inline';
import { settings } from './settings';

/**
 * What has an effect of its own where it is done, in the order that packs best. Of pointers and focus that go pages
 * still hear, to close what is open; of what is dragged where the button is, too, which a page may keep from opening.
 */
const inside = 'wheel cut touchstart focusin paste contextmenu mousedown beforeinput copy keydown touchmove selectstart touchend click keypress keyup';
const methods = 'page destroy identify on set off event logout site hide show';

/** What the page calls of this site; launches it unless it is there. The script is at src. */
export function join(src: string): Api {
  const page = window as { Anteroom?: object } as { Anteroom?: Api };
  const { site } = settings;
  const before = page.Anteroom;
  const sites = before?.sites ?? {};
  // A page may hold the tag twice, or run it again with each body that it puts in.
  if (!sites[site]) {
    const api = (sites[site] = launch(src, sites, before?.q));
    if (!before?.sites) page.Anteroom = api;
  }
  return sites[site];
}

/** Draws the button, and goes on with a dialog if there is one. */
function launch(src: string, sites: Api['sites'], q: Queue | undefined): Api {
  const { site, assets, words } = settings;
  /** The longest name of what the widget speaks that the tag begins with: of pt-br and pt, pt for pt-PT. */
  const spoken = (tag: string): Language | undefined =>
    Object.keys(words).findLast((l) => `${tag}-`.toLowerCase().startsWith(`${l}-`));
  const language = [document.documentElement.lang, ...navigator.languages].map(spoken).find(Boolean) ?? settings.fallback;

  const element = document.createElement('anteroom-chat');
  const root = element.attachShadow({ mode: 'open' });
  const launcher = document.createElement('button');
  const count = document.createElement('span');
  /** The code of what the page called last. */
  let said: Promise<unknown> | undefined;
  let open = false;
  let failed = false;
  let busy = false;
  let tries = 0;
  let unread = 0;
  const loads: Record<string, Promise<unknown>> = {};
  const life = new AbortController();
  const { signal } = life;

  const ofSite = { ...settings, ...words[language] } as Host['settings'];
  const { sorry } = ofSite;

  /** What the page called before has its turn before, as listening to what comes now. */
  const turn =
    (wanted?: boolean) =>
    async (): Promise<void> => {
      await said?.catch(() => undefined);
      await show(wanted ?? !open);
    };
  const api = { open: turn(true), close: turn(false), toggle: turn(), sites } as Api;
  for (const name of methods.split(' ') as Rare[]) {
    api[name] = (...args: unknown[]): Promise<never> => {
      const code = load<CallsChunk>('calls');
      const called = (said = code).then((chunk) => chunk.call(host, name, args));
      // One line in the console, also where the page does not look at the promise.
      called.catch(complain);
      return called;
    };
  }

  const host: Host = {
    settings: ofSite,
    base: new URL('../', src).href,
    language,
    root,
    launcher,
    api,
    q,
    life,
    // Some page frameworks replace all that is in the page when the visitor moves on. Later
    // each time: a page that throws the chat out again and again is not to be kept busy.
    observer: new MutationObserver(() => setTimeout(attach, tries++)),
    badge(n) {
      unread = n;
      label();
    },
    show,
  };

  /** Who asks first has it first; what did not load is tried again for who asks after that. */
  function load<T>(name: string): Promise<T> {
    const got = (loads[name] ??= import(/* @vite-ignore */ new URL(assets[name] ?? '', src).href));
    got.catch(() => delete loads[name]);
    return got as Promise<T>;
  }

  /** Connects, once; a transport that did not load is tried again at the next call. */
  async function connect(): Promise<void> {
    const { start } = await load<TransportChunk>('transport');
    // What the page calls may say who sits there: without its code nothing begins, and the button offers to reload.
    await (host.session ?? said);
    start(host);
  }

  async function show(wanted: boolean, quiet?: boolean): Promise<void> {
    open = wanted || !!settings.full;
    failed = false;
    label();
    if (!open && !host.session) return;
    aria('busy', (busy = true));
    try {
      const [chat, { strings }] = await Promise.all([load<ChatChunk>('chat'), load<{ strings: unknown }>(language), connect()]);
      await chat.show(host, strings, open, quiet);
    } catch (error) {
      open = false;
      failed = true;
      label();
      complain(error);
    }
    aria('busy', (busy = false));
  }

  /** As attributes, because Firefox reflects the properties only since 119. */
  function aria(name: string, value: string | boolean): void {
    launcher.setAttribute(`aria-${name}`, value as string);
  }

  function complain(error: unknown): void {
    if (!signal.aborted) console.error('Anteroom:', error);
  }

  function label(): void {
    aria('label', failed ? sorry : open ? ofSite.close : unread ? `${ofSite.open}${ofSite.unread}${unread}` : ofSite.open);
    aria('expanded', open);
    count.textContent = failed ? sorry : open || !unread ? '' : unread > 99 ? '99+' : (unread as unknown as string);
  }

  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  const theme = (): void => {
    element.classList.toggle('dark', prefersDark.matches ? settings.theme !== 'light' : settings.theme === 'dark');
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css + (settings.css as string));
  root.adoptedStyleSheets = [sheet];

  element.lang = language;
  // Whatever the page does.
  element.dir = ofSite.dir;
  element.className = settings.position as string;

  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  const path = document.createElementNS(svg.namespaceURI, 'path');
  path.setAttribute('d', settings.icon as string);
  svg.append(path);
  count.className = 'badge';
  launcher.className = 'launcher';
  // The second click of a double one would undo the first, and so would that of somebody who waits for a slow network. Without a network a reload would cost the visitor the page.
  launcher.onclick = ({ detail }) => detail > 1 || (busy && open) || (failed && navigator.onLine ? location.reload() : void show(!open));
  launcher.append(svg, count);
  root.append(launcher);
  // As from a frame, nothing of it comes to handlers of the page, which would take it for the page's, or forbid it.
  for (const type of inside.split(' ')) root.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
  label();
  theme();
  prefersDark.addEventListener('change', theme, life);

  /** Goes on with a dialog, with the window if this tab's last page had it open; storage.ts writes both keys. */
  function resume(): void {
    const key = `anteroom.${site}`;
    try {
      if (!/"dialog":true/.test(localStorage[key]) || host.session || busy) return;
      if (sessionStorage[`${key}.open`]) void show(true, true);
      else connect().catch(complain);
    } catch {
      /* A storage that is forbidden holds no dialog. */
    }
  }

  // A page whose root is moved or contained takes along what is fixed, but for what is in the top layer.
  const place = new IntersectionObserver(([seen]) => {
    // What is fixed in the window has no such parent (CSSOM View section 6); before 2025 nothing fixed had one.
    if (!launcher.offsetParent && (seen as IntersectionObserverEntry).boundingClientRect.bottom <= innerHeight) return;
    element.popover = 'manual';
    element.togglePopover?.(true);
  });

  /** Beside the body, where no style of it moves what is fixed, and nothing that replaces it takes this along. */
  function attach(): void {
    const { documentElement: page, body } = document;
    if (signal.aborted || !page) return;
    // It may be another one than before.
    host.observer.observe(page, { childList: true });
    if (!body || element.isConnected) return;
    page.append(element);
    // It tells of what is new to it.
    place.disconnect();
    place.observe(launcher);
  }
  host.observer.observe(document, { childList: true });
  attach();

  if (settings.full) void show(true);
  else resume();
  // A dialog that begins in another tab goes on here too; of it a page that was kept for the way back is told by nobody in Firefox.
  for (const type of 'storage pageshow'.split(' ')) addEventListener(type, resume, life);
  for (const name of settings.watch ?? []) load<WatchChunk>(name).then((chunk) => signal.aborted || chunk.watch(host), complain);

  // Calls of the page from before there was anything to do them: this one comes behind them.
  if (q) void api.site(site);
  return api;
}
