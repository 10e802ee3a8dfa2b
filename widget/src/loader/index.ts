import type { ChatChunk, Host, Language, Settings, TransportChunk } from './host';
import css from './loader.css?inline';

/** The gateway puts the site's settings in the place of this name, see vite.config.ts. */
declare const __ANTEROOM_SETTINGS__: Settings;

const words = {
  en: ['Open chat', 'Close chat', 'unread messages: '],
  ru: ['Открыть чат', 'Закрыть чат', 'непрочитанных сообщений: '],
} as const;

const settings = __ANTEROOM_SETTINGS__;
const { site, assets } = settings;
// Other attributes of the tag (nonce, defer) do not matter; modules have no currentScript.
const script = (document.currentScript ?? document.querySelector(`script[src*="/widget/${site}.js"]`)) as HTMLScriptElement;
const language = chosenLanguage();

const element = document.createElement('anteroom-chat');
const root = element.attachShadow({ mode: 'open' });
const launcher = document.createElement('button');
const count = document.createElement('span');
let open = false;
let unread = 0;
let transport: Promise<TransportChunk> | undefined;

const host: Host = {
  settings: { ...settings, ...settings.words?.[language] },
  base: new URL('../', script.src).href,
  language,
  root,
  launcher,
  badge(n) {
    unread = n;
    label();
  },
  close: () => void show(false),
};

/** The first of the page's and the browser's languages that the widget speaks. */
function chosenLanguage(): Language {
  if (settings.language && settings.language !== 'auto') return settings.language;
  for (const tag of [document.documentElement.lang, ...navigator.languages]) {
    const short = tag.slice(0, 2).toLowerCase();
    if (short === 'ru' || short === 'en') return short;
  }
  return 'en';
}

function load<T>(name: string): Promise<T> {
  return import(/* @vite-ignore */ new URL(assets[name] ?? '', script.src).href) as Promise<T>;
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
  open = wanted;
  label();
  if (!wanted && !transport) return;
  aria('busy', true);
  try {
    const [chat, { strings }] = await Promise.all([load<ChatChunk>('chat'), load<{ strings: unknown }>(language), connect()]);
    chat.show(host, strings, open, quiet);
  } catch (error) {
    open = false;
    label();
    console.error('Anteroom: the chat could not be loaded; a click on the button tries again.', error);
  }
  aria('busy', false);
}

/** As attributes, because Firefox reflects the properties only since 119. */
function aria(name: string, value: string | boolean, on: Element = launcher): void {
  on.setAttribute(`aria-${name}`, String(value));
}

function label(): void {
  const [openIt, closeIt, waiting] = words[language];
  aria('label', open ? closeIt : unread ? `${openIt}, ${waiting}${unread}` : openIt);
  aria('expanded', open);
  count.textContent = unread > 99 ? '99+' : String(unread);
  count.hidden = open || !unread;
}

/** The relative luminance of #rgb or #rrggbb (WCAG 2.2), to choose black or white on it. */
function luminance(color: string): number {
  const hex = color.length < 7 ? color.replace(/[^#]/g, '$&$&') : color;
  const [r, g, b] = [1, 3, 5].map((i) => {
    const v = parseInt(hex.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function theme(): void {
  const dark = settings.theme === 'dark' || (settings.theme !== 'light' && prefersDark.matches);
  element.classList.toggle('dark', dark);
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
root.adoptedStyleSheets = [sheet];

const color = settings.color ?? '#0b6bcb';
element.lang = language;
element.className = settings.position ?? 'right';
element.style.setProperty('--accent', color);
// 0.18 is where black and white have the same contrast to a colour.
element.style.setProperty('--on-accent', luminance(color) > 0.18 ? '#111' : '#fff');

const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
svg.setAttribute('viewBox', '0 0 24 24');
for (const d of [
  'M12 3.5c-5.2 0-9.3 3.5-9.3 7.9 0 2.5 1.3 4.7 3.4 6.2l-.7 3.1c-.1.5.4.9.8.7l3.7-1.9c.7.1 1.4.2 2.1.2 5.2 0 9.3-3.7 9.3-8.2S17.2 3.5 12 3.5z',
  'M6 9.5l6 6 6-6',
]) {
  const path = document.createElementNS(svg.namespaceURI, 'path');
  path.setAttribute('d', d);
  svg.append(path);
}
aria('hidden', true, svg);
aria('hidden', true, count);
count.className = 'badge';
launcher.type = 'button';
launcher.className = 'launcher';
launcher.onclick = () => void show(!open);
launcher.append(svg, count);
root.append(launcher);
label();
theme();
prefersDark.addEventListener('change', theme);

/** Goes on with a dialog, with the window if this tab's last page had it open; storage.ts writes both keys. */
async function resume(): Promise<void> {
  const key = `anteroom.${site}`;
  try {
    if (transport || !/"dialog":true/.test(localStorage[key])) return;
    await (sessionStorage[`${key}.open`] ? show(true, true) : connect());
  } catch {
    console.error('Anteroom: the chat could not be loaded.');
  }
}

function attach(): void {
  // Some page frameworks replace the whole body when the visitor moves on.
  if (document.body && !element.isConnected) document.body.append(element);
}

const started = (): void => {
  attach();
  new MutationObserver(attach).observe(document.documentElement, { childList: true });
  void resume();
  // A dialog that begins in another tab goes on here too.
  addEventListener('storage', resume);
};
if (document.body) started();
else addEventListener('DOMContentLoaded', started);

// Typed in the window's own realm, because the page may call it from anywhere.
(window as { Anteroom?: unknown }).Anteroom = {
  open: () => void show(true),
  close: () => void show(false),
  toggle: () => void show(!open),
};
