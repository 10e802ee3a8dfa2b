import { h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { useChat } from '../ui/context';
import type { Item } from '../ui/view';
import { cut, near } from './blocks';
import type { Block, Eye } from './blocks';
import { remember } from './kept';

type Row = (item: Item, i: number) => VNode;

/**
 * A drawn message and where its lower edge was, in CSS pixels of the viewport: the
 * upper one moves without the words when its author is no longer named above it.
 */
interface Anchor {
  readonly element: Element;
  readonly bottom: number;
}

/** What a block is taken for as long as none was measured, in CSS pixels a message. */
const usual = 56;

/** The messages of one log: which of its blocks are drawn, and how high the others were. */
class Long {
  readonly #scroller: HTMLElement;
  readonly #draw: (n: number) => void;
  /** Of blocks that were drawn once, in CSS pixels. */
  readonly #heights = new Map<number, number>();
  /** As they are on the screen. */
  #items: readonly Item[] = [];
  #blocks: readonly Block[] = [];
  #drawn: ReadonlySet<number> | undefined;
  #rows = new Map<string, VNode>();
  /** What the kept rows depend on beside their properties. */
  #around = '';
  #eye: Eye | undefined;
  #anchor: Anchor | undefined;
  /** The id of a message that is to be shown. */
  #goal: string | undefined;
  #onGoal: ((target: HTMLElement) => void) | undefined;
  #times = 0;

  constructor(scroller: HTMLElement, draw: (n: number) => void) {
    this.#scroller = scroller;
    this.#draw = draw;
    scroller.addEventListener('scroll', () => this.#look(), { passive: true });
  }

  /** Draws a message wherever it is, and calls back with it. */
  show(id: string, then: (target: HTMLElement) => void): void {
    this.#goal = id;
    this.#onGoal = then;
    this.#again();
  }

  /** The rows to draw now, with a gap for each stretch that is not. */
  rows(items: readonly Item[], row: Row): VNode[] | undefined {
    const blocks = cut(items);
    if (!this.#drawn) {
      // All are drawn once more: what comes just now is on no screen, and cannot be measured.
      this.#items = items;
      this.#blocks = blocks;
      this.#drawn = new Set(blocks.map(({ id }) => id));
      queueMicrotask(() => this.#again());
      return undefined;
    }
    const seen = this.#measure();
    this.#items = items;
    this.#blocks = blocks;
    // Nothing can be measured in a window that is closed: what is drawn stays.
    const drawn = near(blocks, (b) => this.#heightOf(b), this.#eye, this.#scroller.clientHeight, this.#drawn, seen ? this.#pinned() : this.#drawn);
    this.#drawn = drawn;

    const { session } = useChat();
    const { connection, site } = session.state;
    const around = [connection.phase, site?.ai_notice, items.find(({ ai }) => ai)?.key, new Date(Date.now() + session.state.ahead).toDateString()].join();
    const known = around === this.#around ? this.#rows : new Map<string, VNode>();
    this.#around = around;
    this.#rows = new Map();
    const list = [<Keep key="keep" done={this.#done} />];
    let gap: { readonly id: number; height: number } | undefined;
    for (const block of blocks) {
      if (!drawn.has(block.id)) {
        gap ??= { id: block.id, height: 0 };
        gap.height += this.#heightOf(block);
        continue;
      }
      if (gap) list.push(<Gap key={`gap ${gap.id}`} height={gap.height} before={block.id} />);
      gap = undefined;
      for (let i = block.from; i < block.to; i++) {
        const item = items[i] as Item;
        const anew = row(item, i);
        const old = known.get(item.key);
        // Offers look at the whole dialog, and a reply grows.
        const made = old && !item.offer && !item.reply && same(old, anew) ? old : anew;
        this.#rows.set(item.key, made);
        list.push(made);
      }
    }
    return list;
  }

  #heightOf({ id, from, to }: Block): number {
    const known = this.#heights.get(id);
    if (known !== undefined) return known;
    const all = this.#blocks.filter((b) => this.#heights.has(b.id));
    const messages = all.reduce((sum, b) => sum + b.to - b.from, 0);
    const guess = messages ? all.reduce((sum, b) => sum + (this.#heights.get(b.id) ?? 0), 0) / messages : usual;
    const height = guess * (to - from);
    // One guess is kept to, or the gap would change its height all the time.
    this.#heights.set(id, height);
    return height;
  }

  #element({ id }: Pick<Item, 'id'>): HTMLElement | null {
    return id ? (this.#scroller.getRootNode() as ShadowRoot).getElementById(`m-${id}`) : null;
  }

  /** Looks where everything on the screen is; false while nothing is on it. */
  #measure(): boolean {
    const s = this.#scroller;
    const log = s.querySelector('[role=log]');
    if (!s.clientHeight || !log) return false;
    const { top, bottom: end } = s.getBoundingClientRect();
    const gaps = new Map([...log.querySelectorAll<HTMLElement>('[data-before]')].map((e) => [Number(e.dataset['before']), e]));
    let { top: bottom } = log.getBoundingClientRect();
    this.#eye = undefined;
    this.#anchor = undefined;
    for (const block of this.#blocks) {
      const start = gaps.get(block.id)?.getBoundingClientRect().bottom ?? bottom;
      const drawn = this.#drawn?.has(block.id);
      const last = drawn && this.#element(this.#items[block.to - 1] ?? { id: undefined });
      bottom = last ? last.getBoundingClientRect().bottom : start + this.#heightOf(block);
      if (last) this.#heights.set(block.id, bottom - start);
      if (bottom <= top || start >= end) continue;
      this.#eye ??= { id: block.id, into: top - start };
      if (drawn) this.#anchor ??= this.#firstSeen(block, top);
    }
    return true;
  }

  #firstSeen({ from, to }: Block, top: number): Anchor | undefined {
    for (const item of this.#items.slice(from, to)) {
      const element = this.#element(item);
      const box = element?.getBoundingClientRect();
      if (element && box && box.bottom > top) return { element, bottom: box.bottom };
    }
    return undefined;
  }

  /** The blocks that may not go: with the focus and beside it, with an open menu, a selection, or what plays; and the one that is looked for. */
  #pinned(): Set<number> {
    const s = this.#scroller;
    const root = s.getRootNode() as ShadowRoot & { getSelection?: () => Selection | null };
    const pinned = new Set<number>();
    const add = (from: number, to = from): void => {
      this.#blocks.forEach(({ id }, i) => i >= from && i <= to && pinned.add(id));
    };
    const focus = this.#placeOf(root.activeElement);
    // From there the Tab key goes on into the neighbours.
    if (focus >= 0) add(focus - 1, focus + 1);
    for (const e of s.querySelectorAll('.actions.open')) add(this.#placeOf(e));
    for (const e of s.querySelectorAll<HTMLMediaElement>('audio, video')) if (!e.paused) add(this.#placeOf(e));
    const selection = root.getSelection?.() ?? getSelection();
    if (selection && !selection.isCollapsed) {
      const ends = [selection.anchorNode, selection.focusNode].map((node) => this.#placeOf(node)).filter((place) => place >= 0);
      if (ends.length > 0) add(Math.min(...ends), Math.max(...ends));
    }
    add(this.#placeOfItem(this.#goal));
    return pinned;
  }

  /** The place of the block that an element is in, -1 if in none. */
  #placeOf(node: Node | null): number {
    const element = node instanceof Element ? node : node?.parentElement;
    return this.#placeOfItem(element?.closest('.message')?.id.slice(2));
  }

  #placeOfItem(id: string | undefined): number {
    const i = id ? this.#items.findIndex((item) => item.id === id) : -1;
    return this.#blocks.findIndex(({ from, to }) => i >= from && i < to);
  }

  /** Called when the rows are on the screen: what was seen is to stay where it was. */
  readonly #done = (): void => {
    const target = this.#element({ id: this.#goal });
    if (target) {
      this.#goal = undefined;
      // After the log has kept its own place, which may be the end; it hears at once that it is left.
      queueMicrotask(() => {
        this.#onGoal?.(target);
        this.#scroller.dispatchEvent(new Event('scroll'));
      });
      return;
    }
    if (this.#anchor?.element.isConnected) {
      const moved = this.#anchor.element.getBoundingClientRect().bottom - this.#anchor.bottom;
      // Less is not seen, and to write it would stop a finger's momentum.
      if (Math.abs(moved) >= 1) this.#scroller.scrollTop += moved;
    }
    this.#look();
  };

  /** Draws again if others are near the eye by now. */
  #look(): void {
    if (!this.#drawn || !this.#measure()) return;
    const wanted = near(this.#blocks, (b) => this.#heightOf(b), this.#eye, this.#scroller.clientHeight, this.#drawn, this.#pinned());
    if (wanted.size !== this.#drawn.size || [...wanted].some((id) => !this.#drawn?.has(id))) this.#again();
  }

  #again(): void {
    this.#draw(-2 - ++this.#times);
  }
}

/** Says when what was drawn with it is on the screen. It is the first of the rows, whatever comes before them. */
function Keep({ done }: { readonly done: () => void }): null {
  useLayoutEffect(done);
  return null;
}

/** Stands for messages that are not drawn, as high as they are; the next block is named for who measures. */
function Gap({ height, before }: { readonly height: number; readonly before: number }): VNode {
  return <div data-before={before} style={{ height: `${height}px` }} />;
}

/** True if a row would come out as it is. Functions do the same whenever they were made, and of all messages only the first counts. */
function same(a: VNode, b: VNode): boolean {
  const before = parts(a);
  return parts(b).every((part, i) => {
    const old = before[i];
    if (!part || !old) return !part && !old;
    const props = old.props as Readonly<Record<string, unknown>>;
    return Object.entries(part.props).every(([name, value]) => typeof value === 'function' || name === 'items' || value === props[name]);
  });
}

function parts(row: VNode): (VNode | false | undefined)[] {
  return (row as VNode<{ children: (VNode | false | undefined)[] }>).props.children;
}

let current: Long | undefined;
const all = new WeakMap<HTMLElement, Long>();
remember();

/** The rows of a long dialog; draw, with a number that it never had, has them drawn again. */
export function rows(scroller: HTMLElement | null, draw: (n: number) => void, items: readonly Item[], row: Row): VNode[] | undefined {
  if (!scroller) return undefined;
  current = all.get(scroller) ?? new Long(scroller, draw);
  all.set(scroller, current);
  return current.rows(items, row);
}

/** Draws a message that is not, and calls back with it. */
export function reveal(id: string, then: (target: HTMLElement) => void): void {
  current?.show(id, then);
}
