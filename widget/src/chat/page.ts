import type { Page } from './wire';

/** The page's address without its fragment, which never leaves a browser otherwise: sign-ins put their keys there. */
export const address = (): string => location.href.replace(/#.*/, '');

/** What the page said of itself, by the address at which it did. */
export const said: Record<string, Partial<Page>> = {};

/** Where the page's own title is while the tab's shows something else: chats of other sites on the page are to know it too. */
export type Titled = Document & { anteroom?: { readonly title: string } };

/** Each has somebody look at the page. */
export const looks = new Set<() => void>();

/** Where the visitor is now, at lengths that fit into a frame; the gateway cuts further. */
export function currentPage(): Page {
  const { url, title } = { url: address(), title: document.title, ...(document as Titled).anteroom, ...said[address()] };
  // Browsers shorten a referrer by themselves.
  return { url: url.slice(0, 2048), title: title.slice(0, 2048), referrer: document.referrer };
}

/** Milliseconds between two looks: enough for a page to set its title after it changed the URL. */
const pace = 2000;

/**
 * Calls back after each change of the page's URL or title, a moment later and
 * for the newest one only. The Navigation API tells of URLs that change without
 * a load; for browsers without it, and for titles, a look is taken whenever the
 * visitor does something or comes back. Nothing of the page's own is wrapped or
 * replaced, and nothing is left when the signal ends it.
 */
export function watchPage(changed: () => void, signal: AbortSignal): void {
  let told = currentPage();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
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
  const options = { signal, capture: true };
  looks.add(look);
  (window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', lookLater, options);
  for (const act of ['click', 'focus', 'popstate']) addEventListener(act, lookLater, options);
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    looks.delete(look);
  });
}
