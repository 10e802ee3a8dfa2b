import type { Contact, Dialog } from '../forms';
import type { Sort } from './filter';

/** What the list needs of a contact. */
export type Row = Pick<Contact, 'id' | 'number' | 'name' | 'tags' | 'online' | 'created_at' | 'seen_at' | 'room' | 'last_message'> & {
  readonly dialog: Pick<Dialog, 'status' | 'waiting_since' | 'assignee' | 'blocked' | 'unread'>;
};

const names = new Intl.Collator(undefined, { sensitivity: 'base' });

/** When something was last said, or done. */
function active(row: Row): string {
  return row.last_message?.at ?? row.seen_at;
}

/** RFC 3339 in UTC sorts as text up to the second; the parts of a second are of any length. */
function later(a: string, b: string): number {
  return Date.parse(b) - Date.parse(a);
}

function waiting(a: Row, b: Row): number {
  const [x, y] = [a, b].map(({ dialog }) => (dialog.status === 'open' ? dialog.waiting_since : null));
  if (x && y) return later(y, x);
  if (x || y) return x ? -1 : 1;
  return later(active(a), active(b));
}

const orders: Readonly<Record<Sort, (a: Row, b: Row) => number>> = {
  waiting,
  activity: (a, b) => later(active(a), active(b)),
  newest: () => 0,
  name: (a, b) => names.compare(a.name, b.name),
};

/**
 * The order of the bridge's lists, near enough to place what changes: a row that
 * is misplaced by it stands right with the next load.
 */
export function order(sort: Sort): (a: Row, b: Row) => number {
  return (a, b) => orders[sort](a, b) || b.number - a.number;
}
