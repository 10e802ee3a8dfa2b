import type { VNode } from 'preact';
import { Lazy } from '../ui/lazy';

type History = typeof import('../history/history');

const history = new Lazy(() => import('../history/history'));

/** The rows of a long dialog; undefined until their chunk is here: then draw is called. A load that failed is tried again with the next drawing. */
export function rows(...args: Parameters<History['rows']>): VNode[] | undefined {
  const chunk = history.value;
  if (chunk) return chunk.rows(...args);
  const [, draw] = args;
  history.get().then(
    () => draw(-1),
    () => undefined,
  );
  return undefined;
}

/** See history/find.ts. */
export async function find(...args: Parameters<History['find']>): Promise<void> {
  const { find: go } = await history.get();
  await go(...args);
}
