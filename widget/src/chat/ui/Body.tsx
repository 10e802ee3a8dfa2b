import { h } from 'preact';
import type { VNode } from 'preact';
import { useExtras } from './context';
import { foldAt } from './folds';
import type { Item } from './view';

export interface Props {
  readonly item: Item;
  /** What stands before the text and is not of it. */
  readonly prefix: string | false | undefined;
}

/** Without one of these there is no link in a text. */
const mayLink = /\/\/|@/;

/** The text of a message. Links, an operator's formatting and the fold of a long one come with the extras. */
export function Body(props: Props): VNode {
  const { item: { text, html, ai }, prefix } = props;
  const extras = useExtras(html || ai || mayLink.test(text) || text.length > foldAt.length || text.split('\n').length > foldAt.lines);
  return extras ? (
    <extras.Text {...props} />
  ) : (
    <div class="text" dir="auto">
      {prefix}
      {text}
    </div>
  );
}
