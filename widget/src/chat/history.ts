/**
 * Calls back when the page's URL may have changed without a load, and once at
 * first: it may have changed before this was here. history's two methods are
 * wrapped; the page's own calls go through first, unchanged.
 */
export function watchHistory(look: () => void): void {
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<History['pushState']>) {
      original.apply(this, args);
      look();
    };
  }
  addEventListener('popstate', look);
  addEventListener('hashchange', look);
  look();
}
