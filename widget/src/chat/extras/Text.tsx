import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { foldAt } from '../ui/Body';
import type { Props } from '../ui/Body';
import { linked, rich } from './rich';

/** The text of a message: plain with links, or an operator's formatting; long ones folded. */
export function Text({ text, html, own, prefix, rare }: Props & { readonly rare: Rare }): VNode {
  const [open, setOpen] = useState(false);
  // Made once: the window is drawn again at every key and frame.
  const long = useMemo(() => !own && ([...text].length > foldAt.length || text.split('\n').length > foldAt.lines), [text, own]);
  const content = useMemo(() => {
    const formatted = html && rich(html, rare);
    return formatted ? <span class="rich">{formatted}</span> : linked(text);
  }, [text, html, rare]);
  return (
    <>
      <div class={`text ${long && !open ? 'folded' : ''}`} dir="auto">
        {prefix}
        {content}
      </div>
      {long && (
        <button type="button" class="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? rare.less : rare.more}
        </button>
      )}
    </>
  );
}
