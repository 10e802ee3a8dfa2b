import type { Sort } from './filter';

/** What the list needs of a contact. */
export interface Row {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly tags: readonly string[];
  readonly online: boolean;
  readonly created_at: string;
  readonly seen_at: string;
  readonly room: string;
  readonly dialog: {
    readonly status: 'new' | 'open' | 'closed';
    readonly waiting_since: string | null;
    readonly assignee: string;
    readonly blocked: boolean;
    readonly unread: number;
  };
  readonly last_message: {
    readonly at: string;
    readonly party: 'visitor' | 'operator' | 'bot';
    readonly text: string;
    readonly file: boolean;
  } | null;
}

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
