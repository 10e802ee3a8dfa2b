import type { Contact, Dialog } from '../forms';
import type { Sort } from './filter';

/** What the list needs of a contact. */
export type Row = Pick<Contact, 'id' | 'number' | 'name' | 'tags' | 'online' | 'created_at' | 'seen_at' | 'room' | 'last_message'> & {
  readonly dialog: Pick<Dialog, 'status' | 'waiting_since' | 'assignee' | 'blocked' | 'unread'>;
};

const names = new Intl.Collator(undefined, { sensitivity: 'base' });

/** When something was said last. */
function said(row: Row): number {
  return Date.parse(row.last_message?.at ?? row.created_at);
}

/** Whether the visitor waits for an answer; who is shut out waits for none. */
export function waits({ dialog: { waiting_since: since, blocked } }: Row): boolean {
  return since !== null && !blocked;
}

/** Where a row stands among those who wait, the other open ones, and the rest. */
function shelf(row: Row): number {
  return row.dialog.status !== 'open' ? 2 : waits(row) ? 0 : 1;
}

function waiting(a: Row, b: Row): number {
  const since = (row: Row): number => Date.parse(row.dialog.waiting_since ?? '');
  return shelf(a) - shelf(b) || (shelf(a) === 0 ? since(a) - since(b) : said(b) - said(a)) || a.number - b.number;
}

const orders: Readonly<Record<Sort, (a: Row, b: Row) => number>> = {
  waiting,
  activity: (a, b) => said(b) - said(a) || b.number - a.number,
  newest: (a, b) => b.number - a.number,
  name: (a, b) => names.compare(a.name, b.name) || a.number - b.number,
};

/**
 * The order of the bridge's lists (its store.Order), near enough to place what
 * changes: a row that is misplaced by it stands right with the next load.
 */
export function order(sort: Sort): (a: Row, b: Row) => number {
  return orders[sort];
}
