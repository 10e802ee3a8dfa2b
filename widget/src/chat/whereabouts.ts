import type { Host } from '../loader/host';

/** Milliseconds until a second look, for pages that change their address some time after a click. */
const late = 2000;

/** Without its fragment, as everywhere. */
const addressOf = (): string => location.href.replace(/#.*/, '');

/**
 * Calls back with the page's address, or what the page has said that it is (`Anteroom.page`): now, and
 * when it is another one. The browser tells at once, if it has the Navigation API; for others a
 * look is taken when the visitor has done something. For chunks that look at pages before
 * anything is connected, so it has nothing of the transport; page.ts is for what has.
 */
export function watchAddress(host: Host, moved: (url: string) => void): void {
  const { root, life: { signal } } = host;
  const options = { signal, capture: true };
  let url = '';
  const look = (): void => {
    const at = addressOf();
    const now = host.said?.[at] || at;
    // A page may destroy the chat in the click after which it was to be looked.
    if (now === url || signal.aborted) return;
    url = now;
    moved(url);
  };
  look();
  (window as { navigation?: EventTarget }).navigation?.addEventListener('currententrychange', look, options);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = (): void => {
    setTimeout(look);
    timer ??= setTimeout(() => {
      timer = undefined;
      look();
    }, late);
  };
  for (const act of ['click', 'popstate', 'focus']) addEventListener(act, soon, options);
  signal.addEventListener('abort', () => clearTimeout(timer));
  root.host.addEventListener('page', look, options);
}
