import type { Host } from '../loader/host';
import { insist } from './insist';
import { complain, post } from './post';
import type { SignOut } from './wire';

/**
 * Sessions that the gateway still has to end. What names a session opens
 * nothing, so it may stay in the storage until the gateway can be reached; a
 * session that has no name yet is remembered as long as the page lives.
 */
const key = ({ settings: { site } }: Host): string => `anteroom.${site}.ended`;

/** Has the gateway end a session as soon as it can be reached. */
export function endSession(host: Host, what: SignOut): void {
  const { session } = what;
  if (session !== undefined) change(host, (names) => [...new Set([...names, session])]);
  insist(host, () => post(host, 'sign-out', what)).then(() => change(host, (names) => names.filter((n) => n !== session)), (error: unknown) => complain(host, error));
}

let gone = false;

/** Goes on with what earlier pages did not get through; called again, it does nothing. */
export function goOnEnding(host: Host): void {
  if (gone) return;
  gone = true;
  host.life.signal.addEventListener('abort', () => (gone = false));
  change(host, (names) => {
    for (const session of names) queueMicrotask(() => endSession(host, { session }));
    return names;
  });
}

function change(host: Host, to: (names: string[]) => string[]): void {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key(host)) ?? '[]');
    const names = Array.isArray(kept) ? kept.filter((name) => typeof name === 'string') : [];
    const now = to(names);
    if (now.length > 0) localStorage.setItem(key(host), JSON.stringify(now));
    else localStorage.removeItem(key(host));
  } catch {
    /* A storage that is forbidden holds nothing. */
  }
}
