/** What a visitor may choose of how messages are told of: to hear nothing, and to have the system tell of them. */
type Wish = 'muted' | 'notified';

/** The key in localStorage: what is chosen holds in all tabs. */
const keyOf = (site: string, what: Wish): string => `anteroom.${site}.${what}`;

/** Whether the visitor wants it. */
export function wishes(site: string, what: Wish): boolean {
  try {
    return localStorage.getItem(keyOf(site, what)) !== null;
  } catch {
    return false;
  }
}

/** Notes that the visitor wants it, or not any more; throws where the browser forbids to keep it. */
export function wish(site: string, what: Wish, on: boolean): void {
  if (on) localStorage.setItem(keyOf(site, what), '1');
  else localStorage.removeItem(keyOf(site, what));
}
