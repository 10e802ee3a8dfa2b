import { useEffect, useState } from 'preact/hooks';

/** Something that is loaded on first use, and kept. */
export class Lazy<T> {
  value: T | undefined;
  readonly #load: () => Promise<T>;
  #loading: Promise<T> | undefined;

  constructor(load: () => Promise<T>) {
    this.#load = load;
  }

  /** Loads it once; a load that failed is tried again at the next call. */
  async get(): Promise<T> {
    try {
      return (this.value = await (this.#loading ??= this.#load()));
    } catch (error) {
      this.#loading = undefined;
      throw error;
    }
  }
}

/** The thing itself when something wants it and it is there; draws again when it comes. After a failure each drawing tries again, as when the link is back. */
export function useLazy<T>(lazy: Lazy<T>, wanted: unknown): T | undefined {
  const [, draw] = useState(false);
  const { value } = lazy;
  useEffect(() => {
    let here = true;
    if (wanted && !value) lazy.get().then(() => here && draw((d) => !d), () => undefined);
    return () => {
      here = false;
    };
  });
  return wanted ? value : undefined;
}
