import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** So many rows are drawn before and behind those in view. */
const spare = 8;

export interface Window {
  /** The first row that is drawn and the one behind the last. */
  readonly from: number;
  readonly to: number;
  /** Of one row, in CSS pixels. */
  readonly height: number;
}

/**
 * Which of the rows are drawn: those in view and some around them, so that a
 * list of thousands costs as much as a short one. All rows are of one height,
 * which the first one tells, whatever text size and spacing the reader has.
 */
export function useWindow(scroller: RefObject<HTMLElement | null>, list: RefObject<HTMLElement | null>, count: number): Window & { readonly look: () => void } {
  const [shown, show] = useState<Window>({ from: 0, to: 20, height: 76 });
  const counted = useRef(count);
  counted.current = count;

  const { current: look } = useRef((): void => {
    const [s, l] = [scroller.current, list.current];
    if (!s || !l || !s.clientHeight) return;
    const height = l.querySelector('li')?.offsetHeight || 76;
    const top = s.getBoundingClientRect().top - l.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(top / height) - spare);
    const to = Math.min(counted.current, Math.ceil((top + s.clientHeight) / height) + spare);
    // Row by row it would be drawn with each pixel; half of the spare rows may be used up first.
    show((was) => {
      const enough = was.height === height && was.to <= counted.current && Math.abs(was.from - from) < spare / 2 && Math.abs(was.to - to) < spare / 2 && to < counted.current && from > 0;
      const same = was.height === height && was.from === from && was.to === to;
      return enough || same ? was : { from, to, height };
    });
  });

  useLayoutEffect(look, [count, look]);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(look);
    if (scroller.current) watch.observe(scroller.current);
    return () => watch.disconnect();
  }, [look, scroller]);
  return { ...shown, look };
}
