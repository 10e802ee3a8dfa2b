import type { Host } from '../loader/host';

/** Milliseconds until what did not get through is tried again: at first, and at most. */
const pause = { first: 1000, last: 60_000 };

/**
 * Does it again until it gets through, is refused for good, or the chat is destroyed. An error may
 * say after how many milliseconds it may be tried again, and with 0 that this is of no use: see Refused.
 */
export async function insist<T>({ life: { signal } }: Host, act: () => Promise<T>): Promise<T> {
  for (let wait = pause.first; ; wait = Math.min(2 * wait, pause.last)) {
    try {
      return await act();
    } catch (error) {
      signal.throwIfAborted();
      const { after = wait } = error as { readonly after?: number };
      if (!after) throw error;
      await new Promise<void>((done) => {
        const waits = new AbortController();
        const early = (): void => {
          clearTimeout(timer);
          waits.abort();
          done();
        };
        const timer = setTimeout(early, after);
        addEventListener('online', early, waits);
        signal.addEventListener('abort', early, waits);
      });
      signal.throwIfAborted();
    }
  }
}
