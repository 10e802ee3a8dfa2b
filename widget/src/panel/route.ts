import { useSource } from './context';
import type { Panel } from './context';
import { readPlace } from './place';
import { problemOf } from './problem';

/** What is shown: the list alone, or somebody's card, beside the list where there is room. */
export interface Route {
  /** Undefined while nobody is chosen. */
  readonly contact: string | undefined;
  /** False beside the room of a dialog: the card is all there is. */
  readonly list: boolean;
  /** True once the person has chosen; before that the address has. */
  readonly moved: boolean;
}

const changed = new Set<() => void>();
let route: Route = { contact: undefined, list: true, moved: false };

/** Shows another contact, or the list alone. On a page of its own it is a step that the browser goes back from. */
export function go(to: Partial<Route>): void {
  const from = route.contact;
  show({ moved: true, ...to });
  // A client's frame has no history of its own: its steps would be the client's.
  if (route.moved && route.list && window.parent === window) step(from);
}

export function useRoute(): Route {
  return useSource(routes, () => route);
}

const routes = {
  subscribe(tell: () => void): () => void {
    changed.add(tell);
    return () => void changed.delete(tell);
  },
};

/** Finds out what to show: what the address says, or what the room is that the panel stands beside. */
export async function openFirst({ place, api }: Panel): Promise<void> {
  addEventListener('popstate', follow);
  const contact = said();
  if (contact) return go({ contact, moved: false });
  if (!place.room) return;
  try {
    const room = await api.room(place.room);
    if (room.kind === 'dialog') go({ contact: room.contact, list: false, moved: false });
  } catch (error) {
    // In a room that is none of the site's, the list is of use all the same.
    if (problemOf(error).status !== 404) throw error;
  }
}

function show(to: Partial<Route>): void {
  route = { ...route, ...to };
  for (const tell of changed) tell();
}

/** Whose card the address names. */
function said(): string | undefined {
  return readPlace(location.href, false).contact;
}

/** The person went back or forth, or has written another address. */
function follow(): void {
  const { link, contact } = readPlace(location.href, false);
  // Beside a room the address names nobody; of a link it is asked first.
  if (route.list && !link) show({ contact, moved: true });
}

/**
 * Brings the address after the route. A card's entry in the history keeps how many
 * steps the list lies behind it; nothing where the card was opened by its address.
 */
function step(from: string | undefined): void {
  const { contact } = route;
  if (contact === said()) return;
  const url = new URL(location.href);
  const fragment = new URLSearchParams(url.hash.slice(1));
  for (const part of [url.searchParams, fragment]) part.delete('contact');
  if (contact) fragment.set('contact', contact);
  url.hash = fragment.toString();
  const kept: unknown = from ? history.state : 0;
  const behind = typeof kept === 'number' ? kept + 1 : null;
  if (contact) history.pushState(behind, '', url);
  // The list is not put over the card: going back from it, the person would meet the card again.
  else if (behind) history.go(1 - behind);
  else history.replaceState(null, '', url);
}
