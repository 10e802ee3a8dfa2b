import { h } from 'preact';
import type { VNode } from 'preact';
import { Icon } from '../ui/icons';
import { sparkPath } from './icons';

interface Props {
  /** False over words that are not said yet: it is read out with them. */
  readonly said: boolean;
  readonly children: string;
}

/** Tells that an AI writes; it stands over the first of its words. */
export function Notice({ said, children }: Props): VNode {
  return (
    <p class="ai-notice" dir="auto" aria-hidden={!said}>
      <Icon path={sparkPath} />
      {children}
    </p>
  );
}
