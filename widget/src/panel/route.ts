import { useSource } from './context';
import type { Panel } from './context';
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

/** Shows another contact, or the list alone. */
export function go(to: Partial<Route>): void {
  route = { ...route, moved: true, ...to };
  for (const tell of changed) tell();
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
  if (place.contact) return go({ contact: place.contact, moved: false });
  if (!place.room) return;
  try {
    const room = await api.room(place.room);
    if (room.kind === 'dialog') go({ contact: room.contact, list: false, moved: false });
  } catch (error) {
    // In a room that is none of the site's, the list is of use all the same.
    if (problemOf(error).status !== 404) throw error;
  }
}
