import type { ComponentChildren, VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useChat } from './context';
import { linked, rich } from './rich';

/** Longer texts of operators are folded: code points, lines. */
const foldAt = { length: 640, lines: 14 };

/** The text of a message: plain with links, or an operator's formatting; long ones folded. */
export function Body({ text, html, own }: { readonly text: string; readonly html: string | undefined; readonly own: boolean }): VNode {
  const { strings } = useChat();
  const [open, setOpen] = useState(false);
  const content = useMemo(() => formatted(text, html), [text, html]);
  const long = !own && ([...text].length > foldAt.length || text.split('\n').length > foldAt.lines);
  return (
    <>
      <div class={`text ${long && !open ? 'folded' : ''} ${html ? 'rich' : ''}`} dir="auto">
        {content}
      </div>
      {long && (
        <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? strings.less : strings.more}
        </button>
      )}
    </>
  );
}

function formatted(text: string, html: string | undefined): ComponentChildren {
  try {
    if (html) return rich(html);
  } catch {
    /* The page's policy forbids to parse HTML: the plain text says the same. */
  }
  return linked(text);
}
