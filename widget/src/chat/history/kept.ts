import type { Entry, EntryID } from '../entry';
import type { Outbox } from '../outbox';
import { made } from '../ui/view';
import type { Item } from '../ui/view';

/** A message as it was laid out, with all that it was made of beside its entry. */
interface Kept {
  readonly item: Item;
  readonly about: readonly Entry[] | undefined;
  /** How many of those are removed: it only grows. */
  readonly gone: number;
  readonly removed: boolean;
  readonly seen: boolean;
}

const targets = new WeakMap<Outbox, ReadonlySet<EntryID>>();

/** What the visitor's own edits, reactions and redactions on their way are about. */
function targetsOf(outbox: Outbox): ReadonlySet<EntryID> {
  const known = targets.get(outbox) ?? new Set(outbox.flatMap(({ frame }) => ('target' in frame ? [frame.target] : [])));
  targets.set(outbox, known);
  return known;
}

/**
 * From now on a message of the journal is laid out anew only when something
 * was said about it: of thousands, one more would otherwise cost all of them.
 */
export function remember(): void {
  const anew = made.by;
  const kept = new WeakMap<Entry, Kept>();
  made.by = (timeline, outbox, entry, seenTo, unsent) => {
    const about = timeline.about.get(entry.id);
    const waiting = targetsOf(outbox);
    if (waiting.has(entry.id) || about?.some(({ id }) => waiting.has(id))) return anew(timeline, outbox, entry, seenTo, unsent);
    const gone = about?.filter(({ id }) => timeline.removed.has(id)).length ?? 0;
    const removed = timeline.removed.has(entry.id);
    const seen = entry.seq <= seenTo;
    const old = kept.get(entry);
    if (old && old.about === about && old.gone === gone && old.removed === removed && old.seen === seen) return old.item;
    const item = anew(timeline, outbox, entry, seenTo, unsent);
    kept.set(entry, { item, about, gone, removed, seen });
    return item;
  };
}
