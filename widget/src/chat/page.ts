import type { Page } from './wire';

/** The page's address without its fragment, which never leaves a browser otherwise: sign-ins put their keys there. */
const address = (): string => location.href.replace(/#.*/, '');

/** What the page said of itself, by the address at which it did. */
const said: Record<string, Partial<Page>> = {};

/** The page's own title, while the tab's shows something else. */
export const own: { title?: string } = {};

/** Has all who watch the page look at it. */
let look = (): void => undefined;

/** Takes the page's own word for where the visitor is, as long as the address is this one, and tells who watches at once. */
export function report(page: Partial<Page>): void {
  said[address()] = page;
  look();
}

/** Where the visitor is now, at lengths that fit into a frame; the gateway cuts further. */
export function currentPage(): Page {
  const { url, title } = { url: address(), title: document.title, ...own, ...said[address()] };
  // Browsers shorten a referrer by themselves.
  return { url: url.slice(0, 2048), title: title.slice(0, 2048), referrer: document.referrer };
}

/** Milliseconds between two looks: enough for a page to set its title after it changed the URL. */
const pace = 2000;

/**
 * Calls back after each change of the page's URL or title, a moment later and
 * for the newest one only. The Navigation API tells of URLs that change without
 * a load; for browsers without it, and for titles, a look is taken whenever the
 * visitor does something or comes back. Nothing of the page's own is wrapped or replaced.
 */
export function watchPage(changed: () => void): void {
  let told = currentPage();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const others = look;
  look = () => {
    others();
    const { url, title } = told;
    told = currentPage();
    if (url !== told.url || title !== told.title) changed();
  };
  const lookLater = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      look();
    }, pace);
  };
  (window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', lookLater);
  for (const act of ['click', 'focus', 'popstate']) addEventListener(act, lookLater, true);
}
