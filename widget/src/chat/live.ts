import { Reply } from './reply';
import type { Timeline } from './timeline';
import type { Item } from './ui/view';
import type { Author } from './entry';
import type { ServerFrame, Stream } from './wire';

/** An operator who stops repeating that they type has stopped, after so many milliseconds. */
const ends = 10_000;
/** After a welcome a reply goes on within so many milliseconds, or there is none; and so long one is shown without a link. */
const goesOn = 300;
const survives = 5000;

/** What lasts only while it lasts. */
export interface Now {
  /** Who on the other side types, in the order in which they began. */
  readonly typing: readonly Author[];
  /** The reply that a model writes, as the message that it will be; there is one at most. */
  readonly writing: readonly Item[];
}

/** Who types on the other side, and what a model writes there; loaded with the first of it. */
export class Live {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #changed: (now: Partial<Now>) => void;
  #authors: readonly Author[] = [];
  #reply: Reply | undefined;
  #shown = false;
  #doubt: ReturnType<typeof setTimeout> | undefined;

  /** Nothing of it runs any more once the signal says so. */
  constructor(changed: (now: Partial<Now>) => void, signal: AbortSignal) {
    this.#changed = changed;
    signal.addEventListener('abort', () => {
      clearTimeout(this.#doubt);
      this.#reply = undefined;
    });
  }

  /** Takes whatever comes from the gateway, with what is then known of the journal. */
  take(frame: ServerFrame, timeline: Timeline): void {
    const { t } = frame;
    if (t === 'typing') this.#types(frame.author, frame.on);
    if (t === 'stream') this.#writes(frame, timeline);
    if (t === 'welcome') this.#doubtFor(goesOn);
    if (t === 'welcome') this.#arrived(timeline, frame.entries ?? []);
    if (t === 'entry') this.#arrived(timeline, [frame.entry]);
  }

  /** The link is gone: nobody is known to type, and a reply waits for the next link. */
  lost(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#typing([]);
    this.#doubtFor(survives);
  }

  /** Who has written types no more, and a reply that is in the journal stands there. */
  #arrived(timeline: Timeline, entries: readonly { readonly author: Author }[]): void {
    for (const { author } of entries) this.#types(author, false);
    if (this.#reply && isIn(timeline, this.#reply.id)) this.#drop();
  }

  #types(author: Author, on: boolean): void {
    if (author.party === 'visitor') return;
    const key = keyOf(author);
    clearTimeout(this.#timers.get(key));
    const others = this.#authors.filter((a) => keyOf(a) !== key);
    if (on) this.#timers.set(key, setTimeout(() => this.#types(author, false), ends));
    this.#typing(on ? [...others, author] : others);
  }

  #typing(typing: readonly Author[]): void {
    if (typing.length + this.#authors.length === 0) return;
    this.#authors = typing;
    this.#changed({ typing });
  }

  #writes(frame: Stream, timeline: Timeline): void {
    const { id, n, gone } = frame;
    const known = this.#reply?.id === id;
    if (gone) {
      if (known) this.#drop();
      return;
    }
    if (!known) {
      // It may have been said already, and what is in the middle is no beginning.
      if (n > 0 || isIn(timeline, id)) return;
      this.#drop();
      this.#reply = new Reply(id);
    }
    if (n === 0) clearTimeout(this.#doubt);
    const reply = this.#reply;
    reply?.take(frame);
    if (!reply?.text || this.#shown) return;
    this.#shown = true;
    this.#changed({ writing: [itemOf(reply, timeline)] });
  }

  #doubtFor(ms: number): void {
    clearTimeout(this.#doubt);
    if (this.#reply) this.#doubt = setTimeout(() => this.#drop(), ms);
  }

  #drop(): void {
    clearTimeout(this.#doubt);
    this.#reply = undefined;
    if (!this.#shown) return;
    this.#shown = false;
    this.#changed({ writing: [] });
  }
}

/** The reply as a message: the last of the journal so far, and in no other way different. */
function itemOf(reply: Reply, timeline: Timeline): Item {
  return {
    key: `reply ${reply.id}`,
    id: undefined,
    cid: undefined,
    seq: 0,
    at: Math.max(reply.began, timeline.messages.at(-1)?.at ?? 0),
    author: { party: 'bot' },
    own: false,
    text: reply.text,
    replyTo: undefined,
    file: undefined,
    location: undefined,
    ai: {},
    reply,
    removed: false,
    edited: false,
    reactions: [],
    status: undefined,
  };
}

/** True if the journal has the entry that takes a stream's place. */
function isIn({ messages }: Timeline, id: string): boolean {
  return messages.some(({ ai }) => (ai as { readonly stream?: unknown } | undefined)?.stream === id);
}

function keyOf({ id, party }: Author): string {
  return id ?? party;
}
