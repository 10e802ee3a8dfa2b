import { waits } from './row';
import type { Row } from './row';

/** Which dialogs the list shows; each is one press. */
export type View = 'open' | 'mine' | 'unanswered' | 'online' | 'closed' | 'all';
export const views: readonly View[] = ['open', 'mine', 'unanswered', 'online', 'closed', 'all'];

export type Sort = 'waiting' | 'activity' | 'newest' | 'name';
export const sorts: readonly Sort[] = ['waiting', 'activity', 'newest', 'name'];

/** What the list shows, and in which order. */
export interface Filter {
  readonly view: View;
  readonly sort: Sort;
  readonly tag: string;
  /** Words as they were typed: the bridge folds case, ё and accents. */
  readonly words: string;
}

export const usual: Filter = { view: 'open', sort: 'waiting', tag: '', words: '' };

/** The API takes no longer words. */
const longest = 200;

/** The query of a list of contacts, without limit and cursor. */
export function toQuery({ view, sort, tag, words }: Filter): URLSearchParams {
  const query = new URLSearchParams();
  if (view === 'open' || view === 'mine' || view === 'unanswered') query.set('status', 'open');
  if (view === 'closed') query.set('status', 'closed');
  if (view === 'mine') query.set('assignee', 'me');
  if (view === 'unanswered') query.set('unanswered', 'true');
  if (view === 'online') query.set('online', 'true');
  if (tag) query.set('tag', tag);
  if (words) query.set('q', words);
  query.set('sort', sort);
  return query;
}

/** What a link to the list says of it: what is usual is left out. */
export function toText(filter: Filter): string {
  const text = new URLSearchParams();
  for (const key of ['view', 'sort', 'tag', 'words'] as const) if (filter[key] !== usual[key]) text.set(key, filter[key]);
  return text.toString();
}

/** Reads what toText wrote; of anything else it takes what it can. */
export function fromText(text: string): Filter {
  const read = new URLSearchParams(text);
  return {
    view: views.find((view) => view === read.get('view')) ?? usual.view,
    sort: sorts.find((sort) => sort === read.get('sort')) ?? usual.sort,
    tag: cut(read.get('tag')),
    words: cut(read.get('words')),
  };
}

function cut(text: string | null): string {
  return [...(text ?? '').trim()].slice(0, longest).join('');
}

/**
 * Whether a contact belongs into the list. Undefined when only the bridge knows:
 * it searches in more than is here, and folds what it compares.
 */
export function belongs({ view, tag, words }: Filter, row: Row, me: string): boolean | undefined {
  const { status, assignee } = row.dialog;
  if ((view === 'open' || view === 'mine' || view === 'unanswered') && status !== 'open') return false;
  if (view === 'closed' && status !== 'closed') return false;
  if (view === 'mine' && assignee !== me) return false;
  if (view === 'unanswered' && !waits(row)) return false;
  if (view === 'online' && !row.online) return false;
  if (words || (tag && !row.tags.includes(tag))) return undefined;
  return true;
}
