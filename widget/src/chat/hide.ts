import type { Host } from '../loader/host';
import { currentPage, watchPage } from './page';
import { matches } from './triggers';

/** Leaves the button out on the pages that the site's patterns fit, also when the address changes without a load. */
export function watch(host: Host): void {
  const { host: element } = host.root;
  const options = { signal: host.life.signal, capture: true };
  let at = '';
  const look = (): void => {
    const { url } = currentPage();
    if (url === at) return;
    at = url;
    const off = (host.settings.hide ?? []).some((pattern) => pattern === '*' || matches(pattern, url));
    element.classList.add('on');
    element.classList.toggle('off', off);
    // What the visitor had open is not to stand on such a page either; the page may open it again.
    if (off && host.launcher.getAttribute('aria-expanded') === 'true') void host.show(false, true);
  };
  look();
  // An address is told at once where the browser tells it, or soon; the rest is for pages that change late.
  const soon = (): unknown => setTimeout(look);
  (window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', look, options);
  for (const act of ['click', 'popstate']) addEventListener(act, soon, options);
  watchPage(look, options.signal);
}
