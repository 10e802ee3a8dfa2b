import type { Api } from '../api';
import type { Contacts } from '../contacts';
import type { Contact, LiveFrame, List as Answer } from '../forms';
import type { Live } from '../live';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { toQuery } from './filter';
import type { Filter, View } from './filter';
import { again, append, change, empty, gone, settle } from './list';
import type { List } from './list';
import type { Row } from './row';

/** How many rows are asked for at once, while scrolling and when the list is asked for again. */
const pageSize = 50;
const most = 200;
/** Between two times that the list is asked for again, and the counts, in milliseconds. */
const calm = 4000;
const calmCounts = 5000;

export type Counts = Readonly<Partial<Record<View, number>>>;

type Page = Answer<Contact> & { readonly counts?: Counts };

/** What the list is at, as it is drawn. */
export interface State {
  readonly filter: Filter;
  readonly list: List;
  /** Loading shows nothing of the list before; failed has the problem. */
  readonly phase: 'loading' | 'ready' | 'failed';
  readonly problem: ApiProblem | undefined;
  /** Of the part behind the rows that are here. */
  readonly more: 'idle' | 'loading' | 'failed';
  readonly counts: Counts;
  readonly picked: ReadonlySet<string>;
}

/** The list of contacts: asks the bridge, and keeps what it got as new as the live socket is. */
export class Inbox {
  readonly #api: Api;
  readonly #contacts: Contacts;
  readonly #me: string;
  readonly #changed = new Set<() => void>();
  readonly #stop: () => void;
  /** Of what is being asked; a newer question ends it. */
  #asking = new AbortController();
  /** What the socket said while an answer was on its way, which may be older. */
  #meanwhile: Row[] = [];
  #reading = false;
  #reader = { resting: true };
  #old = false;
  #again: ReturnType<typeof setTimeout> | undefined;
  #count: ReturnType<typeof setTimeout> | undefined;
  #asked = -Infinity;
  #state: State;

  constructor(api: Api, live: Live, contacts: Contacts, me: string, filter: Filter) {
    this.#api = api;
    this.#contacts = contacts;
    this.#me = me;
    this.#state = { filter, list: empty, phase: 'loading', problem: undefined, more: 'idle', counts: {}, picked: new Set() };
    this.#stop = live.hear((frame) => this.#heard(frame));
    void this.#load();
  }

  get state(): State {
    return this.#state;
  }

  subscribe(changed: () => void): () => void {
    this.#changed.add(changed);
    return () => void this.#changed.delete(changed);
  }

  stop(): void {
    this.#stop();
    this.#asking.abort();
    clearTimeout(this.#again);
    clearTimeout(this.#count);
  }

  /** Shows another list. What was selected is selected no more: nobody would see what an act meets. */
  show(filter: Filter): void {
    if (Object.entries(filter).every(([key, value]) => this.#state.filter[key as keyof Filter] === value)) return;
    this.#turn({ filter, list: empty, phase: 'loading', problem: undefined, more: 'idle', picked: new Set() });
    void this.#load();
  }

  retry(): void {
    this.#turn({ phase: 'loading', problem: undefined });
    void this.#load();
  }

  /** Asks for the rows behind those that are here. */
  async more(): Promise<void> {
    const { list, more, filter, phase } = this.#state;
    if (list.next === null || more === 'loading' || phase !== 'ready' || this.#reading) return;
    // What was kept for an answer that did not come is older than the rows.
    this.#meanwhile = [];
    this.#turn({ more: 'loading' });
    const signal = this.#asking.signal;
    try {
      const part = await this.#read(filter, { limit: pageSize, cursor: list.next }, signal);
      if (signal.aborted) return;
      this.#turn({ more: 'idle', list: this.#catchUp(append(this.#state.list, part.items, part.next)) });
    } catch {
      if (!signal.aborted) this.#turn({ more: 'failed' });
    }
  }

  /** Says whether the reader's place may be moved: not under a pointer, not under the focus. */
  rest(resting: boolean): void {
    this.#reader = { resting };
    if (resting) this.settle();
  }

  /** Rows come, go and take their places. */
  settle(): void {
    const list = settle(this.#state.list, this.#state.filter);
    if (list !== this.#state.list) this.#turn({ list });
  }

  pick(ids: Iterable<string>, on: boolean): void {
    const picked = new Set(this.#state.picked);
    for (const id of ids) {
      if (on) picked.add(id);
      else picked.delete(id);
    }
    this.#turn({ picked });
  }

  async #load(): Promise<void> {
    this.#asking.abort();
    this.#asking = new AbortController();
    const { signal } = this.#asking;
    const { filter } = this.#state;
    this.#meanwhile = [];
    this.#old = false;
    try {
      const page = await this.#read(filter, { limit: pageSize, counts: true }, signal);
      if (signal.aborted) return;
      const list = this.#catchUp(append(empty, page.items, page.next));
      this.#turn({ phase: 'ready', list: settle(list, filter), counts: page.counts ?? this.#state.counts });
      // Frames that nobody heard, because the socket opened after the question, are not sent again.
      if (this.#old) this.#askAgain();
    } catch (error) {
      if (!signal.aborted) this.#turn({ phase: 'failed', problem: problemOf(error) });
    }
  }

  async #read(filter: Filter, { limit, cursor, counts }: { limit: number; cursor?: string; counts?: boolean }, signal: AbortSignal): Promise<Page> {
    const { heard } = this.#contacts;
    const page = await this.#api.get<Page>('/contacts', { ...Object.fromEntries(toQuery(filter)), limit, cursor, counts }, signal);
    const items = this.#withoutGone(page.items);
    this.#contacts.putListed(items, heard);
    return { ...page, items };
  }

  /** Without who was erased while the answer was on its way. */
  #withoutGone<R extends Row>(rows: readonly R[]): R[] {
    return rows.filter(({ id }) => !this.#contacts.gone(id));
  }

  /** What the socket said while the answer was on its way may be newer than it. */
  #catchUp(list: List): List {
    const meanwhile = this.#meanwhile;
    this.#meanwhile = [];
    return change(list, meanwhile, this.#state.filter, this.#me);
  }

  #heard(frame: LiveFrame): void {
    switch (frame.type) {
      case 'changed':
        this.#take(frame.contacts);
        break;
      case 'contact':
        this.#take([frame.contact]);
        break;
      case 'gone':
        this.#meanwhile = this.#meanwhile.filter(({ id }) => id !== frame.contact);
        this.#turn({ list: gone(this.#state.list, frame.contact) });
        this.pick([frame.contact], false);
        this.#askCounts();
        break;
      case 'ready':
      case 'refresh':
        this.#old = true;
        if (this.#state.phase === 'ready') this.#askAgain();
        else if (this.#state.phase === 'failed') this.retry();
        break;
      case 'typing':
      case 'end':
        break;
    }
  }

  #take(rows: readonly Row[]): void {
    if (this.#state.phase === 'loading' || this.#state.more === 'loading' || this.#reading) this.#meanwhile.push(...rows);
    if (this.#state.phase !== 'ready') return;
    const list = change(this.#state.list, rows, this.#state.filter, this.#me);
    this.#turn({ list: this.#reader.resting ? settle(list, this.#state.filter) : list });
    if (list.unsure) this.#askAgain();
    this.#askCounts();
  }

  /** Asks for the whole list that is here again, not too often. */
  #askAgain(wait = Math.max(0, this.#asked + calm - Date.now())): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      void this.#readAgain();
    }, wait);
  }

  async #readAgain(): Promise<void> {
    const { signal } = this.#asking;
    const { filter } = this.#state;
    if (this.#state.phase !== 'ready') return;
    // A part is on its way; both would stand on the same rows.
    if (this.#state.more === 'loading' || this.#reading) return this.#askAgain(calm);
    this.#asked = Date.now();
    this.#reading = true;
    this.#old = false;
    this.#meanwhile = [];
    try {
      let page = await this.#read(filter, { limit: this.#step(0), counts: true }, signal);
      const { counts = this.#state.counts } = page;
      const rows: Row[] = [...page.items];
      while (page.next !== null && rows.length < this.#state.list.rows.length) {
        page = await this.#read(filter, { limit: this.#step(rows.length), cursor: page.next }, signal);
        rows.push(...page.items);
      }
      if (signal.aborted) return;
      const unique = [...new Map(this.#withoutGone(rows).map((row) => [row.id, row])).values()];
      const list = this.#catchUp(again(this.#state.list, unique, page.next));
      this.#turn({ list: this.#reader.resting ? settle(list, filter) : list, counts });
    } catch {
      // The rows stay as they are; the socket's next "ready" asks again.
      this.#old = true;
    } finally {
      this.#reading = false;
    }
  }

  #step(have: number): number {
    return Math.min(most, Math.max(pageSize, this.#state.list.rows.length - have));
  }

  #askCounts(): void {
    this.#count ??= setTimeout(() => {
      this.#count = undefined;
      this.#read(this.#state.filter, { limit: 0, counts: true }, this.#asking.signal).then(
        ({ counts }) => counts && this.#turn({ counts }),
        () => undefined, // numbers that are a little old
      );
    }, calmCounts);
  }

  #turn(next: Partial<State>): void {
    this.#state = { ...this.#state, ...next };
    const { list, picked } = this.#state;
    // What is not in the list any more cannot be acted on.
    if (picked.size && next.list) {
      const here = new Set(list.rows.map(({ id }) => id));
      if ([...picked].some((id) => !here.has(id))) this.#state = { ...this.#state, picked: new Set([...picked].filter((id) => here.has(id))) };
    }
    for (const changed of this.#changed) changed();
  }
}
