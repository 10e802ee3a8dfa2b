import type { Outgoing, Outbox } from '../outbox';
import type { Reply } from '../reply';
import { shown } from '../timeline';
import type { Timeline } from '../timeline';
import type { Author, Entry, EntryID, Location, WireFile } from '../entry';
import type { Durable } from '../wire';

/** A message as the window shows it: the journal's, with what is not sent yet laid over it. */
export interface Item {
  /** Stays the same when a message that was sent gets its id. */
  readonly key: string;
  /** Undefined until the journal has it. */
  readonly id?: EntryID | undefined;
  readonly cid?: string | undefined;
  readonly seq: number;
  readonly at: number;
  readonly author: Author;
  readonly own: boolean;
  readonly text: string;
  readonly html?: string | undefined;
  /** See Entry. */
  readonly original?: unknown;
  readonly emote?: boolean | undefined;
  readonly replyTo: EntryID | undefined;
  readonly file?: WireFile | undefined;
  readonly location?: Location | undefined;
  /** See Entry. */
  readonly offer?: unknown;
  readonly ai?: unknown;
  /** While a model writes it: it is not said yet. */
  readonly reply?: Reply;
  readonly removed: boolean;
  readonly edited: boolean;
  /** Those of the journal; the visitor's own that are on their way are laid over them in extras/reactions.ts. */
  readonly reactions: readonly Entry[];
  /** There are reactions, or are to be. */
  readonly reacted?: boolean;
  readonly status: 'sending' | 'sent' | 'seen' | 'failed' | undefined;
  /** Why it was refused: the code of a public error. */
  readonly code?: string | undefined;
}

const visitor: Author = { party: 'visitor' };

/** How a message of the journal is laid out. In a long dialog what was made before is taken again, see history/kept.ts. */
export const made = { by: sent };

/** All messages in the order of the window: the journal's, what a model writes, then what waits to be sent, or what it is after the end. */
export function items(timeline: Timeline, outbox: Outbox, seen: number, ended = false, writing: readonly Item[] = []): Item[] {
  const unsent = ended ? 'failed' : 'sending';
  return [
    ...timeline.messages.map((entry) => made.by(timeline, outbox, entry, seen, unsent)),
    ...writing,
    ...outbox.flatMap((o) => waiting(o, outbox, seen, unsent)),
  ];
}

function sent(timeline: Timeline, outbox: Outbox, entry: Entry, seen: number, unsent: Item['status']): Item {
  const is = shown(timeline, entry);
  const own = entry.author.party === 'visitor';
  const over = overlay(outbox, entry.id);
  const removed = is.removed || over.removed;
  return {
    ...entry,
    key: entry.cid ?? entry.id,
    own,
    text: over.text ?? is.said.text ?? '',
    // Only what operators write has these, and the visitor does not edit that.
    html: is.said.html,
    original: is.said.original,
    replyTo: entry.reply_to,
    removed,
    edited: is.edited || over.text !== undefined,
    reactions: is.reactions,
    reacted: is.reactions.length > 0 || over.reacted,
    // Nobody is to wonder whether something removed was seen.
    status: own && !removed ? (over.text !== undefined ? unsent : entry.seq <= seen ? 'seen' : 'sent') : undefined,
  };
}

function waiting(o: Outgoing, outbox: Outbox, seen: number, unsent: Item['status']): Item[] {
  const { frame, acked } = o;
  if (frame.t !== 'message') return [];
  const over = overlay(outbox, acked?.id);
  return [
    {
      seq: Infinity,
      at: o.at,
      cid: frame.cid,
      // What the journal has made of that.
      ...acked,
      key: frame.cid,
      author: visitor,
      own: true,
      text: over.text ?? frame.text ?? '',
      replyTo: frame.reply_to,
      file: o.file,
      location: frame.location,
      removed: over.removed,
      edited: over.text !== undefined,
      reactions: [],
      status: o.failed ? 'failed' : !acked ? unsent : (acked.seq ?? 0) <= seen ? 'seen' : 'sent',
      code: o.failed,
    },
  ];
}

/** What the visitor's own edits, redactions and reactions on their way say of a message. */
function overlay(outbox: Outbox, id: EntryID | undefined): { text: string | undefined; removed: boolean; reacted: boolean } {
  // Each of these kinds has a target.
  const last = (t: Durable['t']): { readonly t: string; text?: string } | undefined =>
    outbox.findLast(({ frame }) => frame.t === t && (frame as { target?: EntryID }).target === id)?.frame;
  return { text: last('edit')?.text, removed: !!last('redact'), reacted: !!last('reaction') };
}
