import type { EventData, Host, Where } from '../loader/host';
import { trimmed } from './blank';
import { tell } from './lane';
import { address, said as pages } from './page';
import { Refused } from './post';
import { report } from './report';
import { watchAddress } from './whereabouts';

// What a page tells beside who its visitor is: where that one is, and what happens there.

/** An event's name in characters, its data in bytes of JSON, and its values have at most so many. */
const longest = { name: 64, data: 4096, values: 50 };

/** An address as a whole one; refuses what is none. */
function addressOf(url: unknown): string {
  try {
    // Frameworks hold them as objects, too; of anything else a text is made that reads as an address.
    if (typeof url !== 'string' && !(url instanceof URL)) throw new TypeError();
    return new URL(url, location.href).href;
  } catch {
    throw new Refused('bad_frame', 'The url of a page is an address, whole or as seen from this page.', 0);
  }
}

/** Whether the address is looked at, for what was said of it. */
let watching = false;

function forgetPages({ said = {} }: Host): void {
  for (const all of [pages, said]) for (const at of Object.keys(all)) if (at !== address()) delete all[at];
}

/** Says where the visitor is, in an app whose address does not tell; what is missing is the page's own. */
export async function page(host: Host, where: Where | null = {}): Promise<void> {
  if (typeof where !== 'object') throw new Refused('bad_frame', 'Where the visitor is is told by an object with a url, a title, or both.', 0);
  const { url: at, title } = where ?? {};
  const url = at ? addressOf(at) : '';
  if (title && typeof title !== 'string') throw new Refused('bad_frame', 'The title of a page is a text.', 0);
  // Nothing else, nor what is there and empty: each connection would tell it, or fail.
  report({ ...(url && { url }), ...(title && { title }) });
  // For chunks that look at pages without a connection, and so without page.ts.
  (host.said ??= {})[address()] = url;
  if (!watching) {
    watching = true;
    host.life.signal.addEventListener('abort', () => (watching = false));
    // It holds until the address changes, also where the visitor comes back to this one.
    watchAddress(host, () => forgetPages(host));
  }
  host.root.host.dispatchEvent(new Event('page'));
}

/**
 * Tells the bot's chains of something on the page: connects, if there is no
 * connection yet, and goes on trying as long as the page is open.
 */
export function event(host: Host, name: string, data?: EventData): Promise<void> {
  const why = unfit(name, data);
  if (why) return Promise.reject(new Refused('bad_frame', why, 0));
  // As it is now: the page may go on to change its object.
  tell(host, { t: 'event', name, ...(data && { data: { ...data } }) });
  return Promise.resolve();
}

/** Why the gateway would refuse an event, in a sentence for who wrote the page. */
function unfit(name: unknown, data: EventData = {}): string | undefined {
  if (typeof name !== 'string' || !trimmed(name) || [...name].length > longest.name) {
    return `The name of an event is a text of 1 to ${longest.name} characters.`;
  }
  if (!isFlat(data)) return 'The data of an event is an object of texts, numbers and booleans.';
  if (new TextEncoder().encode(JSON.stringify(data)).length > longest.data) {
    return `The data of an event is at most ${longest.data} bytes of JSON.`;
  }
  return Object.keys(data).length > longest.values ? `The data of an event has at most ${longest.values} values.` : undefined;
}

/** Texts, numbers and booleans by their names, and nothing else. */
export function isFlat(data: unknown): boolean {
  const values = typeof data === 'object' && data && !Array.isArray(data) ? Object.values(data) : [undefined];
  return values.every((v) => typeof v === 'string' || typeof v === 'boolean' || Number.isFinite(v));
}
