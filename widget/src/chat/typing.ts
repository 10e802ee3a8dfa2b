import type { Author } from './wire';

/** An operator who stops repeating that they type has stopped, after so many milliseconds. */
const ends = 10_000;

/** Who on the other side types now, in the order in which they began. */
export class Typing {
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #changed: (authors: readonly Author[]) => void;
  #authors: readonly Author[] = [];

  constructor(changed: (authors: readonly Author[]) => void) {
    this.#changed = changed;
  }

  set(author: Author, on: boolean): void {
    const key = keyOf(author);
    clearTimeout(this.#timers.get(key));
    const others = this.#authors.filter((a) => keyOf(a) !== key);
    if (on) this.#timers.set(key, setTimeout(() => this.set(author, false), ends));
    this.#now(on ? [...others, author] : others);
  }

  /** Without a link nobody is known to type. */
  clear(): void {
    this.#now([]);
  }

  #now(authors: readonly Author[]): void {
    if (authors.length + this.#authors.length === 0) return;
    this.#authors = authors;
    this.#changed(authors);
  }
}

/** Calls changed whenever somebody begins or stops. */
export function typists(changed: (authors: readonly Author[]) => void): Typing {
  return new Typing(changed);
}

function keyOf({ id, party }: Author): string {
  return id ?? party;
}
