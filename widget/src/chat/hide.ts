import type { Host } from '../loader/host';
import { matches } from './pattern';
import { watchAddress } from './whereabouts';

/**
 * Leaves the button out on the pages that the site's patterns fit, also when the address changes
 * without a load. It looks at every page from its start on, so it imports nothing that connects.
 */
export function watch(host: Host): void {
  const { root: { host: element }, launcher, life, settings: { hide = [] } } = host;
  // Where no page has the button, the page has one of its own, and opens the window itself.
  const isReplaced = hide.includes('*');
  const isOpen = (): boolean => launcher.getAttribute('aria-expanded') === 'true';
  /** The window was open before the page could do anything about it where it went to. */
  let wasOpen = true;
  const note = (): void => {
    wasOpen = isOpen();
  };
  const options = { signal: life.signal, capture: true };
  (window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', note, options);
  for (const act of ['click', 'popstate']) addEventListener(act, note, options);
  watchAddress(host, (url) => {
    const off = isReplaced || hide.some((pattern) => matches(pattern, url));
    element.classList.add('on');
    element.classList.toggle('off', off);
    // What the visitor had open is not to stand on such a page either; what the page opens there is.
    if (off && !isReplaced && wasOpen && isOpen()) void host.show(false, true);
  });
}
