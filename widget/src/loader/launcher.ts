import type { Call, Calls, CallsChunk, ChatChunk, Host, Language, TransportChunk, WatchChunk } from './host';
import css from './loader.css?inline';
import { settings } from './settings';

/** What the page may call. */
export interface Anteroom extends Calls {
  open(): void;
  close(): void;
  toggle(): void;
}

/** Draws the button, and goes on with a dialog if there is one. The script is at src. */
export function launch(src: string): Anteroom {
  const { site, assets, words } = settings;
  /** The longest name of what the widget speaks that the tag begins with: of pt-br and pt, pt for pt-PT. */
  const spoken = (tag: string): Language | undefined =>
    Object.keys(words).findLast((l) => `${tag}-`.toLowerCase().startsWith(`${l}-`));
  const language = [document.documentElement.lang, ...navigator.languages].map(spoken).find(Boolean) ?? settings.fallback;

  const element = document.createElement('anteroom-chat');
  const root = element.attachShadow({ mode: 'open' });
  const launcher = document.createElement('button');
  const count = document.createElement('span');
  let open = false;
  let failed = false;
  let unread = 0;
  let transport: Promise<TransportChunk> | undefined;

  const ofSite = { ...settings, ...words[language] } as Host['settings'];
  const { sorry } = ofSite;

  const host: Host = {
    settings: ofSite,
    base: new URL('../', src).href,
    language,
    root,
    launcher,
    badge(n) {
      unread = n;
      label();
    },
    show,
  };

  function load<T>(name: string): Promise<T> {
    return import(/* @vite-ignore */ new URL(assets[name] ?? '', src).href) as Promise<T>;
  }

  /** Connects, once; a failed load is tried again at the next call. */
  async function connect(): Promise<void> {
    transport ??= load('transport');
    try {
      (await transport).start(host);
    } catch (error) {
      transport = undefined;
      throw error;
    }
  }

  async function show(wanted: boolean, quiet?: boolean): Promise<void> {
    open = wanted || !!settings.full;
    failed = false;
    label();
    if (!open && !transport) return;
    aria('busy', true);
    try {
      const [chat, { strings }] = await Promise.all([load<ChatChunk>('chat'), load<{ strings: unknown }>(language), connect()]);
      await chat.show(host, strings, open, quiet);
    } catch (error) {
      open = false;
      failed = true;
      label();
      complain(error);
    }
    aria('busy', false);
  }

  /** As attributes, because Firefox reflects the properties only since 119. */
  function aria(name: string, value: string | boolean): void {
    launcher.setAttribute(`aria-${name}`, String(value));
  }

  function complain(error: unknown): void {
    console.error('Anteroom:', sorry, error);
  }

  function label(): void {
    aria('label', failed ? sorry : open ? ofSite.close : unread ? `${ofSite.open}, ${ofSite.unread}${unread}` : ofSite.open);
    aria('expanded', open);
    count.textContent = failed ? sorry : open || !unread ? '' : unread > 99 ? '99+' : String(unread);
  }

  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  const theme = (): void => {
    element.classList.toggle('dark', settings.theme === 'dark' || (settings.theme !== 'light' && prefersDark.matches));
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
  for (const d of [settings.icon as string, 'M6 9.5l6 6 6-6']) {
    const path = document.createElementNS(svg.namespaceURI, 'path');
    path.setAttribute('d', d);
    svg.append(path);
  }
  count.className = 'badge';
  launcher.className = 'launcher';
  // The second click of a double one would undo the first. Without a network a reload would cost the visitor the page.
  launcher.onclick = ({ detail }) => detail > 1 || (failed && navigator.onLine ? location.reload() : void show(!open));
  launcher.append(svg, count);
  root.append(launcher);
  label();
  theme();
  prefersDark.addEventListener('change', theme);

  /** Goes on with a dialog, with the window if this tab's last page had it open; storage.ts writes both keys. */
  function resume(): void {
    const key = `anteroom.${site}`;
    try {
      if (transport || !/"dialog":true/.test(localStorage[key])) return;
      if (sessionStorage[`${key}.open`]) void show(true, true);
      else connect().catch(complain);
    } catch {
      /* A storage that is forbidden holds no dialog. */
    }
  }

  // Some page frameworks replace the whole body, or all that is in it, when the visitor moves on.
  const observer = new MutationObserver(() => setTimeout(attach));
  function attach(): void {
    const { body } = document;
    if (!body) return;
    if (!element.isConnected) body.append(element);
    observer.observe(body, { childList: true });
  }

  const started = (): void => {
    attach();
    observer.observe(document.documentElement, { childList: true });
    if (settings.full) void show(true);
    else resume();
    // A dialog that begins in another tab goes on here too.
    addEventListener('storage', resume);
    for (const name of settings.watch ?? []) load<WatchChunk>(name).then((chunk) => chunk.watch(host), complain);
  };
  if (document.body) started();
  else addEventListener('DOMContentLoaded', started);

  const call =
    (name: Call) =>
    async (said?: unknown, more?: unknown): Promise<void> =>
      (await load<CallsChunk>('calls'))[name](host, said, more);
  return {
    open: () => show(true),
    close: () => show(false),
    toggle: () => show(!open),
    identify: call('identify'),
    logout: call('logout'),
    page: call('page'),
    event: call('event'),
  };
}
