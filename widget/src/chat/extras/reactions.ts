import type { EntryID } from '../entry';
import type { Outbox } from '../outbox';
import type { Session } from '../session';
import type { Item } from '../ui/view';

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

/** One emoji that somebody put on a message; without an id until the journal has it. */
interface Reaction {
  readonly key: string;
  readonly id: EntryID | undefined;
  readonly own: boolean;
}

/** The reactions on a message, without those that the visitor takes back. One on its way may be in the journal too. */
function standing({ id: target, reactions }: Item, outbox: Outbox): Reaction[] {
  const all = reactions.map(({ key = '', id, author }): Reaction => ({ key, id, own: author.party === 'visitor' }));
  for (const { frame, acked } of outbox) {
    if (frame.t === 'reaction' && frame.target === target) all.push({ key: frame.key, id: acked?.id, own: true });
  }
  const isTaken = (id: EntryID | undefined): boolean => outbox.some(({ frame }) => frame.t === 'redact' && frame.target === id);
  return all.filter(({ key, id }) => key && !isTaken(id));
}

/** The reactions on a message, with the visitor's own on their way, by emojiKey. */
export function counted(item: Item, outbox: Outbox): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  for (const { key, id, own } of standing(item, outbox)) {
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
  const mine = counted(item, session.state.outbox).get(emojiKey(key))?.own;
  if (!mine && item.id) session.send({ t: 'reaction', target: item.id, key });
  else if (mine && mine !== 'pending') session.send({ t: 'redact', target: mine });
}
