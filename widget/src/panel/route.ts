import { useSource } from './context';
import type { Panel } from './context';

/** What is shown: the list alone, or somebody's card, beside the list where there is room. */
export interface Route {
  /** Undefined while nobody is chosen. */
  readonly contact: string | undefined;
  /** False beside the room of a dialog: the card is all there is. */
  readonly list: boolean;
}

const changed = new Set<() => void>();
let route: Route = { contact: undefined, list: true };

/** Shows another contact, or the list alone. */
export function go(to: Partial<Route>): void {
  route = { ...route, ...to };
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
  if (place.contact) return go({ contact: place.contact });
  if (!place.room) return;
  const room = await api.room(place.room);
  if (room.kind === 'dialog') go({ contact: room.contact, list: false });
}
