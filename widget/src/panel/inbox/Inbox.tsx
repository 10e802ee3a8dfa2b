import { h } from 'preact';
import type { VNode } from 'preact';
import { usePanel } from '../context';

interface Props {
  readonly selected: string | undefined;
  readonly onOpen: (id: string) => void;
}

/** The site's dialogs. */
export function Inbox(_props: Props): VNode {
  const { strings } = usePanel();
  return (
    <section class="inbox" aria-label={strings.inbox.title} />
  );
}
