import type { Called, Host, Rare } from '../loader/host';

type Call = (host: Host, name: Rare, args: readonly unknown[]) => Promise<unknown>;

/** Has call do what the page called before the script was there, once, and from now on what comes that way: all of it before what is called next. */
export function replay(host: Host, call: Call): void {
  const { q } = host;
  if (!q) return;
  delete host.q;
  const play = ([name, args, done, fail]: Called): void => void begin(host, call, name, args).then(done, fail);
  for (const called of q) play(called);
  q.push = play;
}

/** Begins at once, so that who listens hears of what is called next; the window goes the way of all calls, and so does what is called on a chat that was destroyed. */
async function begin(host: Host, call: Call, name: string, args: readonly unknown[]): Promise<unknown> {
  const own = (host.api as unknown as Record<string, unknown>)[name];
  try {
    if (typeof own !== 'function') throw new TypeError(`The chat has no call of the name "${name}".`);
    if (host.life.signal.aborted || /^(open|close|toggle)$/.test(name)) return await (own as () => unknown)();
    return await call(host, name as Rare, args);
  } catch (error) {
    if (!host.life.signal.aborted) console.error('Anteroom:', error);
    throw error;
  }
}
