import type { Session } from '../session';
import type { Item } from '../ui/view';
import type { EntryID } from '../entry';

/** One emoji on a message, by whoever put it there. */
export interface Count {
  readonly key: string;
  readonly count: number;
  /** The visitor's own, to take it back; "pending" while it has no id yet. */
  readonly own: EntryID | 'pending' | undefined;
}

/** Clients differ in U+FE0F after an emoji: two keys are one reaction if these forms are equal. */
export function emojiKey(key: string): string {
  return key.replaceAll('\uFE0F', '');
}

/** The reactions on a message by emojiKey. */
export function counted({ reactions }: Item): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const { key, id, own } of reactions) {
    const norm = emojiKey(key);
    const now = counts.get(norm) ?? { key, count: 0, own: undefined };
    // The same reaction of the visitor, seen in the journal and on its way, counts once.
    if (own && now.own) continue;
    counts.set(norm, { ...now, count: now.count + 1, own: own ? (id ?? 'pending') : now.own });
  }
  return counts;
}

/** Adds the visitor's reaction, or takes it back; while it is on its way there is nothing to take back yet. */
export function react(session: Session, item: Item, key: string): void {
  const mine = counted(item).get(emojiKey(key))?.own;
  if (!mine && item.id) session.send({ t: 'reaction', target: item.id, key });
  else if (mine && mine !== 'pending') session.send({ t: 'redact', target: mine });
}
