import type { Host } from '../loader/host';
import { matches } from './pattern';
import { watchAddress } from './whereabouts';

/**
 * Leaves the button out on the pages that the site's patterns fit, also when the address changes
 * without a load. It looks at every page from its start on, so it imports nothing that connects.
 */
export function watch(host: Host): void {
  const { api, launcher, life, root: { host: element }, settings: { hide = [] } } = host;
  // Where no page has the button, the page has one of its own, and opens the window itself.
  const isReplaced = hide.includes('*');
  /** The page has opened the window, or may have, and not the visitor by the button. What is open before this is here the page has opened, or the tab's last page had it open. */
  let byPage = launcher.getAttribute('aria-expanded') === 'true' && !wasOpen(host.settings.site);
  let off = false;
  for (const call of ['open', 'toggle'] as const) {
    const own = api[call];
    api[call] = () => {
      byPage = true;
      return own();
    };
  }
  launcher.addEventListener('click', () => {
    byPage = false;
  }, life);
  watchAddress(host, (url) => {
    off = isReplaced || hide.some((pattern) => matches(pattern, url));
    element.classList.add('on');
    element.classList.toggle('off', off);
    // What the visitor had open is not to stand on such a page either; what the page opens is its own affair.
    if (off && !isReplaced && !byPage && launcher.getAttribute('aria-expanded') === 'true') void host.show(false, true);
  });
  // It does not follow to the next page either, which could not tell it from what the visitor had open.
  addEventListener('pagehide', () => off && !isReplaced && byPage && forgetOpen(host.settings.site), life);
}

/** Whether the tab's last page had the window open; storage.ts writes the key. */
function wasOpen(site: string): boolean {
  try {
    return !!sessionStorage.getItem(`anteroom.${site}.open`);
  } catch {
    return false;
  }
}

function forgetOpen(site: string): void {
  try {
    sessionStorage.removeItem(`anteroom.${site}.open`);
  } catch {
    /* A storage that is forbidden holds nothing. */
  }
}
