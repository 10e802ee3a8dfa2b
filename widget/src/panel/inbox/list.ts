import { belongs } from './filter';
import type { Filter } from './filter';
import { order } from './row';
import type { Row } from './row';

/**
 * The rows that are here, as they stand on the screen. What changes is seen at
 * once in its row; rows come, go and move only when the list is settled, so
 * that none moves under the reader's pointer.
 */
export interface List {
  readonly rows: readonly Row[];
  /** Asks for the rows behind them; null when there are none. */
  readonly next: string | null;
  /** Rows that will come when the list is settled, by their ids. */
  readonly coming: ReadonlyMap<string, Row>;
  /** Rows that do not belong here any more, and go when the list is settled. */
  readonly leaving: ReadonlySet<string>;
  /** Rows that may have another place by now. */
  readonly moving: ReadonlySet<string>;
  /** The places that the bridge gave the rows when it was asked again; null when they have them. */
  readonly places: ReadonlyMap<string, number> | null;
  /** Ids of rows in which something new was said since the list was settled. */
  readonly news: ReadonlySet<string>;
  /** Something changed of which only the bridge knows whether it belongs here. */
  readonly unsure: boolean;
}

export const empty: List = { rows: [], next: null, coming: new Map(), leaving: new Set(), moving: new Set(), places: null, news: new Set(), unsure: false };

/** A part of the list comes behind the rows that are here. */
export function append(list: List, part: readonly Row[], next: string | null): List {
  const parted = new Map(part.map((row) => [row.id, row]));
  const rows = list.rows.map((row) => parted.get(row.id) ?? row);
  const here = new Set(list.rows.map((row) => row.id));
  const coming = new Map([...list.coming].filter(([id]) => !parted.has(id)));
  return { ...list, rows: [...rows, ...part.filter((row) => !here.has(row.id))], next, coming };
}

/**
 * The list was asked for again, from its start as far as it was here: rows that
 * the bridge did not name do not belong here any more.
 */
export function again(list: List, rows: readonly Row[], next: string | null): List {
  const read = new Map(rows.map((row) => [row.id, row]));
  const here = new Set(list.rows.map((row) => row.id));
  const places = new Map(rows.map(({ id }, i) => [id, i]));
  const stay = list.rows.filter(({ id }) => read.has(id));
  const inPlace = stay.every(({ id }, i) => i === 0 || (places.get(stay[i - 1]?.id ?? '') ?? 0) < (places.get(id) ?? 0));
  return {
    rows: list.rows.map((row) => read.get(row.id) ?? row),
    next,
    coming: new Map(rows.filter(({ id }) => !here.has(id)).map((row) => [row.id, row])),
    leaving: new Set(list.rows.filter(({ id }) => !read.has(id)).map(({ id }) => id)),
    moving: empty.moving,
    places: inPlace && stay.length === rows.length ? null : places,
    news: new Set([...list.news, ...stay.filter((row) => louder(row, read.get(row.id))).map(({ id }) => id)]),
    unsure: false,
  };
}

/** Contacts changed. Rows that are here show it at once. */
export function change(list: List, changed: readonly Row[], filter: Filter, me: string): List {
  return changed.reduce((now, row) => changeOne(now, row, filter, me), list);
}

function changeOne(list: List, row: Row, filter: Filter, me: string): List {
  const at = list.rows.findIndex(({ id }) => id === row.id);
  const belonging = belongs(filter, row, me);
  const was = list.rows[at];
  if (!was) return comes(list, row, filter, belonging);
  const rows = list.rows.with(at, row);
  const leaving = new Set(list.leaving);
  if (belonging === false) leaving.add(row.id);
  // What the bridge named stays until it names it no more.
  else if (belonging) leaving.delete(row.id);
  const moving = order(filter.sort)(was, row) === 0 ? list.moving : new Set([...list.moving, row.id]);
  const news = belonging !== false && louder(was, row) ? new Set([...list.news, row.id]) : list.news;
  return { ...list, rows, leaving, moving, news, unsure: list.unsure || belonging === undefined };
}

function comes(list: List, row: Row, filter: Filter, belonging: boolean | undefined): List {
  if (belonging === undefined) return { ...list, unsure: true };
  const coming = new Map(list.coming);
  coming.delete(row.id);
  const last = list.rows.at(-1);
  const within = list.next === null || last === undefined || order(filter.sort)(row, last) < 0;
  if (belonging && within) coming.set(row.id, row);
  // Its place, if the bridge gave it one, may be another by now.
  return { ...list, coming, moving: new Set([...list.moving, row.id]) };
}

/** Whether somebody wrote since. */
function louder(was: Row, is: Row | undefined): boolean {
  return is !== undefined && (is.dialog.unread ?? 0) > (was.dialog.unread ?? 0);
}

/** A contact was erased: its row goes at once, for nothing of it may be left. */
export function gone(list: List, id: string): List {
  const without = (ids: ReadonlySet<string>): ReadonlySet<string> => new Set([...ids].filter((other) => other !== id));
  return {
    ...list,
    rows: list.rows.filter((row) => row.id !== id),
    coming: new Map([...list.coming].filter(([other]) => other !== id)),
    leaving: without(list.leaving),
    moving: without(list.moving),
    news: without(list.news),
  };
}

/** How many rows the reader has not seen: new ones, and those in which somebody wrote. */
export function unseen(list: List): number {
  return list.coming.size + list.news.size;
}

export function isSettled({ coming, leaving, moving, places }: List): boolean {
  return coming.size === 0 && leaving.size === 0 && moving.size === 0 && places === null;
}

/** Rows come, go and take their places. */
export function settle(list: List, filter: Filter): List {
  if (isSettled(list)) return list.news.size ? { ...list, news: empty.news } : list;
  const { places } = list;
  const place = ({ id }: Row): number => places?.get(id) ?? 0;
  const stands = ({ id }: Row): boolean => !list.leaving.has(id) && !list.moving.has(id) && (places?.has(id) ?? true);
  const all = [...list.rows.filter(({ id }) => !list.leaving.has(id)), ...list.coming.values()];
  const rows = [...list.rows, ...(places ? list.coming.values() : [])].filter(stands);
  if (places) rows.sort((a, b) => place(a) - place(b));
  const standing = new Set(rows.map(({ id }) => id));
  const compare = order(filter.sort);
  // What the bridge put into order stays as it is; only the rest is placed by what is known here.
  for (const row of all.filter(({ id }) => !standing.has(id))) {
    const at = rows.findIndex((other) => compare(row, other) < 0);
    rows.splice(at < 0 ? rows.length : at, 0, row);
  }
  return { ...empty, rows, next: list.next, unsure: list.unsure };
}
