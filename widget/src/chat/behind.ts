import type { Host } from '../loader/host';
import { insist } from './insist';

/** Code that is asked for until it is there, since it may say who sits before the chat. */
export interface Code<T = unknown> {
  readonly there: Promise<T>;
  /** The first try. */
  readonly tried: Promise<unknown>;
}

export function askFor<T>(host: Host, get: () => Promise<T>): Code<T> {
  let tried: Promise<T> | undefined;
  const there = insist(host, () => {
    const now = get();
    tried ??= now;
    return now;
  });
  return { there, tried: tried ?? there };
}

/** Resolves once the code is there; but where no user is known whom somebody else could follow, that it cannot be had keeps nobody from writing. */
export async function isThere(host: Host, { there, tried }: Code): Promise<boolean> {
  return ((await comes(tried)) || host.keep?.record().sub !== undefined) && comes(there);
}

const comes = (code: Promise<unknown>): Promise<boolean> => code.then(() => true, () => false);

/** Has a session that begins do so behind code, which may have something of its own to wait for. */
export function beginBehind(host: Host, code: Code): void {
  if (host.before) return;
  const mine = async (): Promise<void> => {
    await isThere(host, code);
    if (host.before !== mine) await host.before?.();
  };
  host.before = mine;
  const over = (): void => {
    if (host.before === mine) delete host.before;
  };
  code.there.then(over, over);
}
