import type { Page } from './wire';

/** The page's address without its fragment, which never leaves a browser otherwise: sign-ins put their keys there. */
const address = (): string => location.href.replace(/#.*/, '');

/** What the page itself says of where the visitor is, until its address changes. */
export const told: { where?: Partial<Page> } = {};

/** Where the visitor is now; the gateway cuts longer ones at the same limits. */
export function currentPage(): Page {
  const { url = address(), title = document.title } = told.where ?? {};
  const page: Page = { url: url.slice(0, 2048), title: title.slice(0, 256) };
  if (document.referrer) page.referrer = document.referrer.slice(0, 2048);
  return page;
}

/** Milliseconds that a page gets to set its title after it changed the URL. */
const settle = 400;

/**
 * Calls back after each change of the page's URL without a load. The
 * Navigation API tells of them; for browsers without it there is history.ts.
 */
export function watchPage(changed: (page: Page) => void): void {
  let url = address();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (address() === url) return;
      url = address();
      told.where = {};
      changed(currentPage());
    }, settle);
  };
  const navigation = (window as { navigation?: EventTarget }).navigation;
  if (navigation) navigation.addEventListener('currententrychange', look);
  // Should it not load, the operators see the page at which the visitor came.
  else import('./history').then(({ watchHistory }) => watchHistory(look), () => undefined);
}
