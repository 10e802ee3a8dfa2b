import type { ClientID, Entry, WireFile } from './entry';
import type { Ack, Durable } from './wire';

/** Something of the visitor's that the journal does not have yet, as far as this browser knows. */
export interface Outgoing {
  readonly frame: Durable;
  /** Unix milliseconds; also the order of sending. */
  readonly at: number;
  /** Unix milliseconds at which its tab last said that it waits behind a file there. */
  readonly held?: number | undefined;
  /** The tab that sends it; others step in when that one is gone. */
  readonly tab: string;
  /** How to show the file of a message before its entry comes. */
  readonly file?: WireFile | undefined;
  /** Refused for good with this code of a public error; only the visitor can try again. */
  readonly failed?: string | undefined;
  /** In the journal; kept in memory until its entry comes. */
  readonly acked?: Ack;
}

export type Outbox = readonly Outgoing[];

/** A place in the order of sending, taken by what is not ready yet. */
export type Place = Pick<Outgoing, 'at'>;

export const byPlace = (a: Place, b: Place): number => a.at - b.at;

/** How long another tab is given to send its own, in milliseconds. */
export const adoptAfter = 15_000;

export function add(outbox: Outbox, item: Outgoing): Outbox {
  return [...outbox.filter((o) => o.frame.cid !== item.frame.cid), item].toSorted(byPlace);
}

export function drop(outbox: Outbox, cid: ClientID): Outbox {
  return outbox.filter((o) => o.frame.cid !== cid);
}

/** Changes what became of one of them. */
export function mark(outbox: Outbox, cid: ClientID, now: Pick<Outgoing, 'failed' | 'acked'>): Outbox {
  return outbox.map((o) => (o.frame.cid === cid ? { ...o, ...now } : o));
}

/**
 * Removes what the journal is now seen to hold: what has its entry here, and
 * what was acknowledged with a number up to the last one here. The entry of
 * the latter came under another key, or is older than all that is here.
 */
export function settle(outbox: Outbox, entries: readonly Entry[], last = 0): Outbox {
  const cids = new Set(entries.map((e) => e.cid));
  return outbox.filter(({ frame, acked }) => !cids.has(frame.cid) && (acked?.seq ?? Infinity) > last);
}

/** Its tab has said not long ago that it waits there. A clock may have been put back since. */
export const isHeld = ({ held = 0 }: Outgoing, now: number): boolean => Math.abs(now - held) < adoptAfter;

/**
 * The one to send now: the oldest that is neither refused nor acknowledged.
 * Another tab's is left to that tab for a while, unless one of this tab would
 * go before it: that both send it is harmless, for it has one key. Messages
 * wait behind the places that were taken before them.
 */
export function next(outbox: Outbox, tab: string, now: number, taken: readonly Place[] = []): Outgoing | undefined {
  const unsent = outbox.filter((o) => !o.failed && !o.acked);
  const patience = unsent.some((o) => o.tab === tab) ? -Infinity : adoptAfter;
  return unsent.find(
    (o) =>
      (o.tab === tab || (now - o.at > patience && !isHeld(o, now))) &&
      !(o.frame.t === 'message' && taken.some((place) => byPlace(place, o) < 0)),
  );
}
