import type { Item } from '../ui/view';

/** Neighbouring messages that are drawn or taken away together. */
export interface Block {
  /** Stays the same while others come before and after: it follows from the numbers of the messages. */
  readonly id: number;
  /** Places in the list of messages: the first, and the one after the last. */
  readonly from: number;
  readonly to: number;
}

/** Numbers of the journal that a block spans: it has so many messages at most, of the journal. */
const span = 40;
/** So many messages at the end are always drawn: there is what comes, what waits and what is read out. */
const tail = 40;

/** Cuts the messages into blocks. What has no number, because it is on its way, belongs to the last one. */
export function cut(items: readonly Pick<Item, 'seq'>[]): Block[] {
  const blocks: { id: number; from: number; to: number }[] = [];
  items.forEach(({ seq }, i) => {
    const last = blocks.at(-1);
    const id = Math.floor(seq / span);
    if (last && !(id > last.id && id < Infinity)) last.to = i + 1;
    else blocks.push({ id: Number.isFinite(id) ? id : 0, from: i, to: i + 1 });
  });
  return blocks;
}

/** Where the upper edge of what is seen is: so many CSS pixels into a block, fewer than none above the first. */
export interface Eye {
  readonly id: number;
  readonly into: number;
}

/**
 * The blocks to draw, by their ids: those within one height of the view from
 * what is seen, and of those that are drawn also the ones within two, so that
 * none comes and goes at a small move; the end; and what may not go.
 */
export function near(
  blocks: readonly Block[],
  heightOf: (block: Block) => number,
  eye: Eye | undefined,
  room: number,
  drawn: ReadonlySet<number>,
  pinned: ReadonlySet<number> = new Set(),
): Set<number> {
  const end = blocks.at(-1)?.to ?? 0;
  const wanted = new Set(blocks.filter((b) => b.to > end - tail || pinned.has(b.id)).map((b) => b.id));
  const found = blocks.findIndex((b) => b.id === eye?.id);
  const at = found < 0 ? blocks.length - 1 : found;
  const into = found < 0 ? 0 : (eye?.into ?? 0);
  const reach = ({ id }: Block): number => (drawn.has(id) ? 2 * room : room);
  let top = -into;
  for (const block of blocks.slice(at)) {
    if (top < room + reach(block)) wanted.add(block.id);
    top += heightOf(block);
  }
  let bottom = -into;
  for (const block of blocks.slice(0, at).toReversed()) {
    if (bottom > -reach(block)) wanted.add(block.id);
    bottom -= heightOf(block);
  }
  return wanted;
}
