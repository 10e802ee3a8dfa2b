import { h } from 'preact';
import type { VNode } from 'preact';

const paths = {
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12 5.5l6.5 6.5-6.5 6.5',
  clip: 'M20 11l-8 8a5 5 0 0 1-7-7l8-8a3 3 0 0 1 5 5l-8 8a1.8 1.8 0 0 1-3-3l8-8',
  smile: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 14a5 5 0 0 0 8 0M9 9.5v.1M15 9.5v.1',
  dots: 'M12 5.5v.1M12 12v.1M12 18.5v.1',
  // What became of a message, by its status.
  sent: 'M5 12.5l4.5 4.5L19 7.5',
  seen: 'M2 12.5l4.5 4.5L16 7.5M11.5 16l1 1L22 7.5',
  sending: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3 2',
  failed: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v5M12 16v.1',
};

interface Props {
  readonly name?: keyof typeof paths;
  /** The path itself, for a drawing that is not in the list. */
  readonly path?: string;
}

/** A drawing beside words that say the same, so hidden from screen readers. */
export function Icon({ name, path }: Props): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={path ?? (name && paths[name])} />
    </svg>
  );
}
