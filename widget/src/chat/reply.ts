import type { Stream } from './wire';

/**
 * A reply while a model writes it, as far as its pieces have come. It changes in
 * place, and whoever draws it draws again: the rest of the window stands still.
 */
export class Reply {
  readonly id: string;
  /** By the clock of this browser, Unix milliseconds. */
  readonly began = Date.now();
  #text = '';
  #next = 0;
  readonly #listeners = new Set<() => void>();

  constructor(id: string) {
    this.id = id;
  }

  get text(): string {
    return this.#text;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes a piece: the next one, or one that holds all there is so far. Where one is missing, those behind it are of no use. */
  take({ n, text = '' }: Stream): void {
    if (n > 0 && n !== this.#next) return;
    this.#text = n > 0 ? this.#text + text : text;
    this.#next = n + 1;
    for (const listener of this.#listeners) listener();
  }
}
