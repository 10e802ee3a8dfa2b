import { h } from 'preact';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useNow, usePanel } from '../context';
import { useWords } from './context';
import type { Inbox, State } from './inbox';
import { Item } from './Item';
import { useWindow } from './window';

interface Props {
  readonly store: Inbox;
  readonly state: State;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly me: string;
  readonly selected: string | undefined;
  readonly onOpen: (id: string) => void;
}

/** The waiting times are drawn again so often, in milliseconds. */
const tick = 10_000;
/** So many rows before the last one the next ones are asked for. */
const ahead = 15;
/** Nearer to its start than so many CSS pixels the list is at its start. */
const near = 4;

/** The rows, as many of them as are in view, and the keys that go through them. */
export function Rows({ store, state, scroller, me, selected, onOpen }: Props): VNode {
  const { strings } = usePanel();
  const { words } = useWords();
  const { list, picked, phase, more } = state;
  const { rows, next } = list;
  const box = useRef<HTMLUListElement>(null);
  const { from, to, height, look } = useWindow(scroller, box, rows.length);
  const now = useNow(tick);
  const [active, setActive] = useState<string | undefined>(selected);
  const wanted = useRef<string | undefined>(undefined);
  const activeAt = Math.max(0, rows.findIndex(({ id }) => id === active));
  useRest(store, scroller, box, picked.size > 0);
  const back = useHeld(store, rows, height, scroller, box, selected);
  // Back from a card: to the row that led there.
  useLayoutEffect(() => {
    if (back === undefined || scroller.current?.contains(document.activeElement)) return;
    look();
    setActive(back);
    wanted.current = back;
  }, [back, scroller, look]);

  useEffect(() => {
    const s = scroller.current;
    s?.addEventListener('scroll', look, { passive: true });
    return () => s?.removeEventListener('scroll', look);
  }, [scroller, look]);

  useEffect(() => {
    if (next !== null && more === 'idle' && to >= rows.length - ahead) void store.more();
  }, [store, next, more, to, rows.length]);

  // The row that the keys went to is drawn by now.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    const link = box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(wanted.current)}"] .item-open`);
    if (!link) return;
    wanted.current = undefined;
    link.focus();
  });

  const onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === ' ' && target.matches('.item-open')) {
      event.preventDefault();
      const row = rows[activeAt];
      if (row) store.pick([row.id], !picked.has(row.id));
      return;
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / height) - 2);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const row = rows[Math.min(rows.length - 1, Math.max(0, activeAt + step))];
    if (!row) return;
    wanted.current = row.id;
    setActive(row.id);
    // A focus that is there already is no change to draw.
    if (row.id === rows[activeAt]?.id) box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(row.id)}"] .item-open`)?.focus();
  };

  const drawn = new Set([activeAt]);
  for (let i = from; i < Math.min(to, rows.length); i++) drawn.add(i);
  return (
    <div class={phase === 'loading' ? 'rows busy' : 'rows'} aria-busy={phase === 'loading'}>
      <ul
        ref={box}
        class="items"
        aria-label={words.list}
        aria-describedby="inbox-keys"
        style={{ height: `${rows.length * height}px` }}
        onKeyDown={onKeyDown}
        onfocusin={(event: FocusEvent) => {
          const id = (event.target as HTMLElement).closest<HTMLElement>('li')?.dataset['id'];
          if (id !== undefined) setActive(id);
        }}
      >
        {[...drawn].toSorted((a, b) => a - b).map((i) => {
          const row = rows[i];
          return row && (
            <Item
              key={row.id}
              row={row}
              top={i * height}
              index={i}
              size={next === null ? rows.length : -1}
              now={now}
              me={me}
              active={i === activeAt}
              shown={row.id === selected}
              picked={picked.has(row.id)}
              leaving={list.leaving.has(row.id)}
              onOpen={onOpen}
              onPick={(id, on) => store.pick([id], on)}
            />
          );
        })}
      </ul>
      <p id="inbox-keys" class="sr">{words.listKeys}</p>
      {next !== null && (
        <div class="rest">
          {more === 'failed' && <p role="alert">{words.moreFailed}</p>}
          <button type="button" class="btn" aria-disabled={more === 'loading'} onClick={() => void store.more()}>{more === 'loading' ? strings.loading : more === 'failed' ? strings.retry : words.more}</button>
        </div>
      )}
    </div>
  );
}

/** Rows move only while nobody points at them, goes through them by keys, has scrolled or selected. */
function useRest(store: Inbox, scroller: RefObject<HTMLElement | null>, box: RefObject<HTMLElement | null>, held: boolean): void {
  const reader = useRef({ over: false, inside: false, held });
  reader.current.held = held;
  const { current: look } = useRef((): void => {
    const { over, inside, held: holding } = reader.current;
    store.rest(!over && !inside && !holding && (scroller.current?.scrollTop ?? 0) < near);
  });
  useEffect(look, [held, look]);
  useEffect(() => {
    const [s, b] = [scroller.current, box.current];
    if (!s || !b) return undefined;
    // It may have been there before the rows; a finger leaves nothing behind that hovers.
    reader.current.over = s.matches(':hover') && matchMedia('(hover: hover)').matches;
    const on = (part: 'over' | 'inside', value: boolean) => (event: Event): void => {
      // Who pressed a row by its pointer has left when the pointer has.
      reader.current[part] = value && (part === 'over' || (event.target as Element).matches(':focus-visible'));
      look();
    };
    const events = [
      [s, 'pointerenter', on('over', true)],
      [s, 'pointerleave', on('over', false)],
      [b, 'focusin', on('inside', true)],
      [b, 'focusout', on('inside', false)],
      [s, 'scroll', look],
    ] as const;
    for (const [target, type, heard] of events) target.addEventListener(type, heard, { passive: true });
    return () => {
      for (const [target, type, heard] of events) target.removeEventListener(type, heard);
      store.rest(true);
    };
  }, [store, scroller, box, look]);
}

/**
 * Keeps the reader's place: when rows come or go above it, and while a card
 * stands in the list's place. Returns whose card that was, when it is closed.
 */
function useHeld(store: Inbox, rows: State['list']['rows'], height: number, scroller: RefObject<HTMLElement | null>, box: RefObject<HTMLElement | null>, selected: string | undefined): string | undefined {
  const [back, goBack] = useState<string | undefined>(undefined);
  const held = useRef({ rows, selected, filter: store.state.filter, top: 0 });
  useEffect(() => {
    const s = scroller.current;
    // Hidden, it is scrolled nowhere.
    const keep = (): void => void (s?.clientHeight && (held.current.top = s.scrollTop));
    s?.addEventListener('scroll', keep, { passive: true });
    return () => s?.removeEventListener('scroll', keep);
  }, [scroller]);
  useLayoutEffect(() => {
    const [s, b] = [scroller.current, box.current];
    const was = held.current;
    const { filter, phase } = store.state;
    held.current = { ...was, rows, filter: phase === 'ready' ? filter : was.filter };
    if (!s || !b) return;
    // Another list begins at its start.
    if (was.filter !== held.current.filter) s.scrollTop = 0;
    else if (was.rows !== rows && s.scrollTop > 0) s.scrollTop += movedBy(was.rows, rows, Math.floor(Math.max(0, s.getBoundingClientRect().top - b.getBoundingClientRect().top) / height)) * height;
  }, [store, store.state.filter, store.state.phase, rows, height, scroller, box]);
  useLayoutEffect(() => {
    const { selected: was, top } = held.current;
    held.current.selected = selected;
    if (was === selected) return;
    if (scroller.current && selected === undefined) scroller.current.scrollTop = top;
    goBack(selected === undefined ? was : undefined);
  }, [selected, scroller]);
  return back;
}

/** By how many rows the first one in view has moved; of those that are not here any more, the next one. */
function movedBy(was: State['list']['rows'], rows: State['list']['rows'], first: number): number {
  const places = new Map(rows.map(({ id }, i) => [id, i]));
  for (let i = first; i < was.length; i++) {
    const place = places.get(was[i]?.id ?? '');
    if (place !== undefined) return place - i;
  }
  return 0;
}
