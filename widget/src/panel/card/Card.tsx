import { h } from 'preact';
import type { VNode } from 'preact';
import { useContact } from '../context';

interface Props {
  readonly id: string;
  /** The way back to the list, where there is one. */
  readonly onBack?: () => void;
}

/** All that is known of a visitor, and what can be done. */
export function Card({ id }: Props): VNode {
  const contact = useContact(id);
  return <main class="card"><h1 dir="auto">{contact?.name}</h1></main>;
}
