import type { Host, Proactive } from '../../loader/host';

/** What this page has done with, should the browser forbid its storage. */
const here = new Set<string>();

/** The key of what was opened or dismissed: in sessionStorage for the tab, in localStorage for ever. */
const keyOf = ({ settings: { site } }: Host): string => `anteroom.${site}.proactive`;

/** Whether it was opened or dismissed in this tab, in this browser, or on this page. */
export function isDone(host: Host, { name }: Proactive): boolean {
  return here.has(keyOf(host) + name) || [session, local].some((store) => read(host, store).includes(name));
}

/** Notes that it was opened or dismissed: the visitor pressed something, and nothing was stored before. */
export function done(host: Host, { name, once }: Proactive): void {
  here.add(keyOf(host) + name);
  const store = once === 'visit' ? session : local;
  try {
    store()?.setItem(keyOf(host), JSON.stringify([...new Set([...read(host, store), name])]));
  } catch {
    /* see here */
  }
}

/** Whether this browser has used the chat: storage.ts writes the record when it is opened for the first time. */
export const isKnown = (host: Host): boolean => record(host) !== null;

/** Whether this browser has a dialog, which may have begun in another tab. */
export const hasDialog = (host: Host): boolean => /"dialog":true/.test(record(host) ?? '');

function record({ settings: { site } }: Host): string | null {
  try {
    return local().getItem(`anteroom.${site}`);
  } catch {
    return null;
  }
}

const session = (): Storage => sessionStorage;
const local = (): Storage => localStorage;

function read(host: Host, store: () => Storage): unknown[] {
  try {
    const names: unknown = JSON.parse(store().getItem(keyOf(host)) ?? '');
    return Array.isArray(names) ? names : [];
  } catch {
    return [];
  }
}
