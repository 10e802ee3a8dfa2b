import { pause } from './pause';

/** What one tab has done for all of them: for what came at which time, and when, by this machine's clock. */
interface Mark {
  readonly at: number;
  readonly on: number;
  readonly by?: string;
}

/** So many milliseconds are one batch, unless somebody asks for less: what comes in them is told of once. */
export const batch = 3000;
/** So long the next tab waits, in milliseconds: by then it sees what this one has noted. */
const settle = 200;
/** This tab, where no locks tell tabs apart. */
const me = String(Math.random());

/**
 * Has one of the site's tabs act for what came at a time (the gateway's, in
 * milliseconds). The first tab that gets the lock acts; should it be unable to,
 * which it says by false, it is the next one's turn. It gets when some tab has acted last. Where the storage is
 * forbidden each tab is alone, for it shares no dialog with others either.
 */
export async function inOneTab(key: string, at: number, act: (before: number) => boolean | Promise<boolean>, within = batch): Promise<void> {
  // Of all pages only those with TLS have locks.
  if (navigator.locks as LockManager | undefined) {
    let held = false;
    try {
      await navigator.locks.request(key, async () => {
        held = true;
        if (isDone(key, at, within) || !(await act(lastOn(key)))) return;
        write(key, { at, on: Date.now() });
        await pause(settle);
      });
    } catch {
      /* Where the storage is forbidden, so are they. */
    }
    if (held) return;
  }
  if (isDone(key, at, within)) return;
  const before = lastOn(key);
  write(key, { at, on: Date.now(), by: me });
  await pause(settle);
  // Of tabs that begin in the same moment the last one acts.
  const { by = me } = read(key) ?? {};
  if (by === me) await act(before);
}

/** True for what some tab has told of, alone or in a batch; the latter becomes so by asking. */
function isDone(key: string, at: number, within: number): boolean {
  const mark = read(key);
  if (!mark) return false;
  const since = Date.now() - mark.on;
  const done = mark.at >= at;
  // A clock that was put back makes no batch of a day.
  const together = since >= 0 && since < within;
  if (!done && together) write(key, { ...mark, at });
  return done || together;
}

/** By this machine's clock. */
const lastOn = (key: string): number => read(key)?.on ?? -Infinity;

function read(key: string): Mark | undefined {
  try {
    const mark = Object(JSON.parse(localStorage.getItem(key) ?? '')) as Mark;
    return Number.isFinite(mark.at) && Number.isFinite(mark.on) ? mark : undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, mark: Mark): void {
  try {
    localStorage.setItem(key, JSON.stringify(mark));
  } catch {
    /* This tab is alone. */
  }
}
