import type { Entry, EntryID } from './entry';
import type { Resume } from './wire';

/**
 * What a tab holds of the dialog's journal. It is never changed in place.
 * Edits, reactions and redactions are kept by the entry that they are about,
 * whether that one is here yet or not: so entries may be folded in any order,
 * and again, with the same outcome.
 */
export interface Timeline {
  /** Messages in the order of their numbers. */
  readonly messages: readonly Entry[];
  /** Edits and reactions by target, in the order of their numbers. */
  readonly about: ReadonlyMap<EntryID, readonly Entry[]>;
  /** Targets of redactions. */
  readonly removed: ReadonlySet<EntryID>;
  /** The lowest number held, 0 when empty: older entries come before it. */
  readonly first: number;
  /** The newest entry held: the point to resume from. */
  readonly last: Resume | undefined;
  /** True if the journal has entries before first. */
  readonly more: boolean;
}

export const emptyTimeline: Timeline = {
  messages: [],
  about: new Map(),
  removed: new Set(),
  first: 0,
  last: undefined,
  more: false,
};

const bySeq = (a: Entry, b: Entry): number => a.seq - b.seq;

/** Adds entries in whatever order they come; known ones change nothing. */
export function fold(timeline: Timeline, entries: readonly Entry[]): Timeline {
  if (entries.length === 0) return timeline;
  const came = new Map<EntryID, Entry>();
  const about = new Map(timeline.about);
  const removed = new Set(timeline.removed);
  let { first, last } = timeline;
  for (const entry of entries) {
    if (entry.kind === 'message') {
      came.set(entry.id, entry);
    } else if (entry.kind === 'redaction') {
      if (entry.target) removed.add(entry.target);
    } else if (entry.target && (entry.kind === 'edit' || entry.kind === 'reaction')) {
      const known = about.get(entry.target) ?? [];
      about.set(entry.target, [...known.filter((e) => e.id !== entry.id), entry].toSorted(bySeq));
    }
    if (entry.redacted) removed.add(entry.id);
    if (!first || entry.seq < first) first = entry.seq;
    if (!last || entry.seq > last.seq) last = { seq: entry.seq, id: entry.id };
  }
  const messages = [...timeline.messages.filter(({ id }) => !came.has(id)), ...came.values()].toSorted(bySeq);
  return { ...timeline, messages, about, removed, first, last };
}

/** A message as it stands after its edits, reactions and redaction. */
export interface Shown {
  /** The message, or its last edit: the one whose words stand. */
  readonly said: Entry;
  readonly edited: boolean;
  readonly removed: boolean;
  readonly reactions: readonly Entry[];
}

export function shown(timeline: Timeline, entry: Entry): Shown {
  const live = (timeline.about.get(entry.id) ?? []).filter((e) => !timeline.removed.has(e.id));
  const edit = live.findLast((e) => e.kind === 'edit');
  const removed = timeline.removed.has(entry.id);
  return {
    said: edit ?? entry,
    edited: !!edit,
    removed,
    reactions: removed ? [] : live.filter((e) => e.kind === 'reaction'),
  };
}

/** The operators' and the bot's messages after number seq that the visitor could still read. */
export function unread(timeline: Timeline, seq: number): number {
  return timeline.messages.filter((e) => e.seq > seq && fromThem(e) && !timeline.removed.has(e.id)).length;
}

/** The number of the newest message that is not the visitor's, 0 when there is none. */
export function newestFromThem(timeline: Timeline): number {
  return timeline.messages.findLast(fromThem)?.seq ?? 0;
}

function fromThem(entry: Entry): boolean {
  return entry.author.party !== 'visitor';
}
