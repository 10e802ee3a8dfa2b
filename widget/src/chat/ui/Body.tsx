import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useExtras } from './context';

interface Props {
  readonly text: string;
  readonly html: string | undefined;
  readonly own: boolean;
}

/** Longer texts of operators are folded: code points, lines. */
const foldAt = { length: 640, lines: 14 };
/** Without one of these there is no link in a text. */
const mayLink = /:\/\/|@|mailto:/i;

/** The text of a message: plain with links, or an operator's formatting; long ones folded. */
export function Body({ text, html, own }: Props): VNode {
  const [open, setOpen] = useState(false);
  const long = !own && ([...text].length > foldAt.length || text.split('\n').length > foldAt.lines);
  const extras = useExtras(long || !!html || mayLink.test(text));
  const formatted = html && extras?.parts.rich(html, extras.rare);
  return (
    <>
      <div class={`text ${long && !open ? 'folded' : ''} ${formatted ? 'rich' : ''}`} dir="auto">
        {formatted || (extras ? extras.parts.linked(text) : text)}
      </div>
      {long && extras && <extras.parts.Fold open={open} rare={extras.rare} onToggle={() => setOpen(!open)} />}
    </>
  );
}
