import { h } from 'preact';
import type { VNode } from 'preact';

const paths = {
  back: 'M15 5l-7 7 7 7',
  edit: 'M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1z',
  plus: 'M12 5v14M5 12h14',
  cross: 'M6 6l12 12M18 6L6 18',
  out: 'M14 5h5v5M19 5l-9 9M17 14v5H5V7h5',
  pending: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  delivered: 'M5 12.5l4.5 4.5L19 7.5',
  read: 'M2 12.5l4.5 4.5L16 7.5M11.5 16l1 1L22 7.5',
  options: 'M4 6h9M19 6h1M4 12h1M11 12h9M4 18h9M19 18h1M16 4v4M8 10v4M16 16v4',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM20 20l-4.8-4.8',
  up: 'M12 19V5M6 11l6-6 6 6',
};

export type IconName = keyof typeof paths;

/** A drawing beside words that say the same, or on a button with a label; hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}
