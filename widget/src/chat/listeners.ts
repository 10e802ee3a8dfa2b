import type { Events, HandOff, Host, Listener, Rated, Said } from '../loader/host';
import type { Answer, Entry, Offer } from './entry';
import type { Session } from './session';
import type { Timeline } from './timeline';

const names = ['opened', 'closed', 'message', 'unread', 'rating', 'handoff'] as const satisfies (keyof Events)[];
type Name = (typeof names)[number];
/** What was not read and was read at once is no news, in milliseconds. */
const settles = 150;
/** Where a user signs in, the bridge closes the dialog that goes on in the user's: within so many milliseconds the session is another one, and nobody has left. */
const leaves = 1000;

const towers = new WeakMap<Host, Tower>();

/** From now on the page hears of it. */
export function listen(host: Host, event: unknown, listener: unknown): void {
  const name = nameOf(event);
  if (typeof listener !== 'function') throw new TypeError(`Who listens to "${name}" is a function.`);
  let tower = towers.get(host);
  if (!tower) towers.set(host, (tower = new Tower(host)));
  tower.add(name, listener as Listener<Name>);
}

/** Takes a listener off, or all of the event. */
export function forget(host: Host, event: unknown, listener?: unknown): void {
  const name = nameOf(event);
  towers.get(host)?.drop(name, listener as Listener<Name> | undefined);
}

function nameOf(event: unknown): Name {
  const name = names.find((n) => n === event);
  if (!name) throw new TypeError(`The chat has no event ${JSON.stringify(event)}; it has ${names.join(', ')}.`);
  return name;
}

/** Sees what happens in the chat, and tells those who listen. */
class Tower {
  readonly #listeners: { readonly [N in Name]: Set<Listener<Name>> } = {
    opened: new Set(),
    closed: new Set(),
    message: new Set(),
    unread: new Set(),
    rating: new Set(),
    handoff: new Set(),
  };
  #session: Session | undefined;
  #unread = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal;

  constructor(host: Host) {
    const { launcher, life } = host;
    this.#signal = life.signal;
    // The launcher knows whether the window is open.
    const isOpen = (): boolean => launcher.getAttribute('aria-expanded') === 'true';
    let open = host.wasOpen ?? isOpen();
    const look = (): void => {
      if (open === isOpen()) return;
      open = !open;
      this.#tell(open ? 'opened' : 'closed', undefined);
    };
    // Once who listens first is among those who are told.
    queueMicrotask(look);
    const observer = new MutationObserver(look);
    observer.observe(launcher, { attributeFilter: ['aria-expanded'] });
    life.signal.addEventListener('abort', () => {
      observer.disconnect();
      clearTimeout(this.#timer);
      for (const all of Object.values(this.#listeners)) all.clear();
    });
    host.began = (session) => this.#follow(session);
    if (host.session) this.#follow(host.session);
  }

  add(name: Name, listener: Listener<Name>): void {
    this.#listeners[name].add(listener);
  }

  drop(name: Name, listener?: Listener<Name>): void {
    if (listener) this.#listeners[name].delete(listener);
    else this.#listeners[name].clear();
  }

  /** Each in a turn of its own: what the page does there disturbs neither the chat nor the others. */
  #tell<N extends Name>(name: N, told: Events[N]): void {
    for (const listener of this.#listeners[name] as Set<Listener<N>>) {
      queueMicrotask(() => {
        try {
          listener(told);
        } catch (error) {
          console.error(`Anteroom: a listener of "${name}" failed:`, error);
        }
      });
    }
  }

  #follow(session: Session): void {
    this.#session = session;
    const news = new News();
    /** How what was closed is rated, as it was last heard; undefined before the first welcome. */
    let closing: string | undefined;
    let leaving: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      if (session !== this.#session) return;
      this.#count(session);
      const { site, timeline, left, flow } = session.state;
      // What the first welcome brings was there before; of one that has ended nothing is left, which is no news.
      if (!site || session.life.signal.aborted) return;
      for (const entry of news.after(timeline)) {
        if (entry.kind !== 'message') continue;
        this.#tell('message', saidOf(entry));
        const rated = ratedOf(entry, timeline);
        if (rated) this.#tell('rating', rated);
      }
      const { closing: of, score, of: max } = Object(Object(flow).rate) as { closing?: number; score?: number; of?: number };
      const heard = score === undefined ? '' : `${of} ${score}`;
      if (heard && closing !== undefined && heard !== closing) this.#tell('rating', { value: score ?? 0, max: max ?? 1 });
      closing = heard;
      const hand = news.hand(timeline, left);
      if (!hand) return;
      clearTimeout(leaving);
      if (hand.to === 'operator') this.#tell('handoff', hand);
      else leaving = setTimeout(() => session.life.signal.aborted || this.#tell('handoff', hand), leaves);
    };
    session.subscribe(look);
    look();
  }

  #count(session: Session): void {
    clearTimeout(this.#timer);
    if (session.unread === this.#unread || this.#signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#unread = session.unread;
      this.#tell('unread', this.#unread);
    }, settles);
  }
}

/** What of a session's journal is new since it was first looked at. */
export class News {
  #seq: number | undefined;
  /** Who answered, and up to which number, at the last call. */
  #answered: { readonly operators?: Set<string>; readonly seq: number } = { seq: 0 };

  /** Entries since the last call in the order of their numbers; the first call has none. */
  after({ messages, last }: Timeline): readonly Entry[] {
    const before = this.#seq;
    this.#seq = last?.seq ?? 0;
    // A journal that is shorter than it was is another one.
    if (before === undefined || this.#seq <= before) return [];
    return messages.slice(messages.findLastIndex(({ seq }) => seq <= before) + 1);
  }

  /** The change of who answers since the last call: older messages that are shown since are no change. */
  hand({ messages, last }: Timeline, left: number): HandOff | undefined {
    const here = new Map<string, Entry>();
    for (let i = messages.length - 1; i >= 0; i--) {
      const entry = messages[i] as Entry;
      const { seq, author } = entry;
      if (seq <= left) break;
      if (author.party === 'operator' && !here.has(author.id ?? '')) here.set(author.id ?? '', entry);
    }
    const { operators: before, seq: newest } = this.#answered;
    this.#answered = { operators: new Set(here.keys()), seq: last?.seq ?? 0 };
    if (!before) return undefined;
    for (const [id, { seq, author: { name } }] of here) {
      if (!before.has(id) && seq > newest) return { to: 'operator', ...(name !== undefined && { name }) };
    }
    return before.size > 0 && here.size === 0 ? { to: 'bot' } : undefined;
  }
}

function saidOf({ id, author: { party, name }, text = '', file, at }: Entry): Said {
  return { id, from: party as Said['from'], ...(name !== undefined && { name }), text, ...(file && { file: file.name }), at: new Date(at) };
}

/** What the visitor rated, if the message answers a question for that. */
export function ratedOf({ answer }: Entry, { messages }: Timeline): Rated | undefined {
  const { entry, value } = Object(answer) as Partial<Answer>;
  const { ask } = Object(messages.findLast(({ id }) => id === entry)?.offer) as Offer;
  if (ask?.type !== 'rating' || value === undefined) return undefined;
  return { value: Number(value), max: Math.round(Number(ask.max)) || 5 };
}
