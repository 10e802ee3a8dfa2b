/** The key of the visitor's wish to hear nothing, in localStorage: it holds in all tabs. */
const keyOf = (site: string): string => `anteroom.${site}.muted`;

/** Whether the visitor wants no sounds. */
export function isMuted(site: string): boolean {
  try {
    return localStorage.getItem(keyOf(site)) !== null;
  } catch {
    return false;
  }
}

/** Turns sounds off, or on again; throws where the browser forbids to keep it. */
export function mute(site: string, on: boolean): void {
  if (on) localStorage.setItem(keyOf(site), '1');
  else localStorage.removeItem(keyOf(site));
}
