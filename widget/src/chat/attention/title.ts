import { own } from '../page';

/** Milliseconds between the page's title and ours. */
const pace = 1000;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** What the page's title would be without us; undefined while it is the page's own. */
let base: string | undefined;
/** What we have written into it last. */
let written = '';
/** The words that take turns with it, and how many messages wait. */
let words = '';
let count = 0;
/** The element, if the page had none. */
let made: HTMLTitleElement | undefined;
let timer: ReturnType<typeof setInterval> | undefined;
const changes = new MutationObserver(adopt);

/** Tells of unread messages in the tab's title, in turns with the page's own; with none, the title is the page's again. */
export function entitle(unread: number, news: string): void {
  if (!unread) {
    restore();
    return;
  }
  words = `(${unread}) ${news}`;
  if (base !== undefined && unread === count) return;
  count = unread;
  if (base === undefined) {
    own.title = base = read();
    if (!element()) document.head.append((made = document.createElement('title')));
    changes.observe(document.head, { childList: true, subtree: true, characterData: true });
    timer = setInterval(turn, pace);
  }
  say();
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
  own.title = base = now.replace(written, () => base ?? '');
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
  delete own.title;
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
