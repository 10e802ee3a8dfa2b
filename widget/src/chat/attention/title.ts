import type { Near } from '../../loader/host';
import type { Titled } from '../page';

/** Tells that a chat has so many unread messages, in its words. */
type Entitle = (chat: object, unread: number, near: Near) => void;

/** Milliseconds between the page's title and ours. */
const pace = 1000;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
/** Chats of two sites are two programs with one title: the first of them writes it for all, or each would take the other's words for the page's. */
const writer = Symbol.for('anteroom.title');
const page = window as { [writer]?: Entitle };

/** What the page's title would be without us; undefined while it is the page's own. */
let base: string | undefined;
/** What we have written into it last. */
let written = '';
/** The words that take turns with it, and how many messages wait. */
let words = '';
let count = 0;
/** What each chat of the page has to tell. */
const chats = new Map<object, readonly [number, Near]>();
/** The chat that this program is of. */
const me = {};
/** The element, if the page had none. */
let made: HTMLTitleElement | undefined;
let timer: ReturnType<typeof setInterval> | undefined;
const changes = new MutationObserver(adopt);

/** Tells of unread messages in the tab's title, in turns with the page's own; with none, the title is the page's again. */
export const entitle = (unread: number, near: Near): void => (page[writer] ??= entitleAll)(me, unread, near);

function entitleAll(chat: object, unread: number, near: Near): void {
  chats.set(chat, [unread, near]);
  let all = 0;
  for (const [some, { one, some: many }] of chats.values()) {
    if (!some) continue;
    all += some;
    words = `(${all}) ${all > 1 ? many : one}`;
  }
  if (!all) {
    restore();
    // Of a chat that is taken off the page nothing stays; the next to tell of something writes for all.
    chats.clear();
    delete page[writer];
    return;
  }
  if (base === undefined) {
    keep(read());
    if (!element()) document.head.append((made = document.createElement('title')));
    changes.observe(document.head, { childList: true, subtree: true, characterData: true });
    timer = setInterval(turn, pace);
  } else if (all === count) return;
  count = all;
  say();
}

function keep(title: string): void {
  base = title;
  (document as Titled).anteroom = { title };
}

function say(): void {
  // Who wants no motion gets a number before the title, and keeps the title.
  write(calm.matches && base ? `(${count}) ${base}` : words);
}

function turn(): void {
  adopt();
  if (calm.matches || written === base) say();
  else write(base ?? '');
}

/** What the page has written into its title meanwhile is what it is from now on. */
function adopt(): void {
  const now = read();
  if (base === undefined || now === written) return;
  // A page that puts something before its title has read ours.
  const was = base;
  keep(now.replace(written, () => was));
  written = now;
  if (calm.matches || now !== base) say();
}

function restore(): void {
  if (base === undefined) return;
  adopt();
  changes.disconnect();
  clearInterval(timer);
  write(base);
  if (!base) made?.remove();
  base = made = undefined;
  delete (document as Titled).anteroom;
}

/** The element whose text is the tab's title. */
function element(): HTMLTitleElement | null {
  return document.querySelector('title:not(svg *)');
}

/** With its spaces, so that it comes back as it was. */
function read(): string {
  return element()?.textContent ?? '';
}

function write(text: string): void {
  written = text;
  const title = element();
  if (!title || title.textContent === text) return;
  // Frameworks hold on to the text that they have put there.
  const [node, more] = title.childNodes;
  if (node instanceof Text && !more) node.data = text;
  else title.textContent = text;
}
