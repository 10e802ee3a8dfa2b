import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { usePanel } from '../context';

/** So many lines of a text are seen at first. */
const mostLines = 6;

interface Props {
  readonly text: string;
  /** So many characters are seen at first. */
  readonly most?: number;
  /** Shows the text, or its beginning; without it, as people wrote it. */
  readonly children?: (seen: string) => VNode;
}

const asWritten = (seen: string): VNode => <p class="note" dir="auto">{seen}</p>;

/** Folds a text that would push down all that stands below, until somebody wants it all. */
export function Fold({ text, most = 240, children = asWritten }: Props): VNode {
  const { strings } = usePanel();
  const [open, unfold] = useState(false);
  const start = beginning(text, most);
  return (
    <Fragment>
      {children(open ? text : start)}
      {start !== text && <button type="button" class="as-link more" aria-expanded={open} onClick={() => unfold(!open)}>{strings.fullText}</button>}
    </Fragment>
  );
}

/** The beginning of a text, with a sign that it goes on. */
export function beginning(text: string, most: number): string {
  const start = [...text.split('\n', mostLines).join('\n')].slice(0, most).join('');
  return start === text ? text : `${start.trimEnd()}…`;
}
