import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { foldAt } from '../ui/folds';
import type { Props } from '../ui/Body';
import { useAI } from './AI';
import { linked, rich } from './rich';
import { useRare } from './words';

/** The text of a message, also while a model writes it. */
export function Text(props: Props): VNode {
  const { reply } = props.item;
  const chunk = useAI(!!reply);
  return reply && chunk ? <chunk.Growing reply={reply} /> : <Said {...props} />;
}

/** Long texts that were opened, by the keys of their messages: those that leave the screen come back as they were. */
const unfolded = new Set<string>();

/** A text that is complete: plain with links, or an operator's formatting; long ones folded. */
function Said({ item: { key, text, html, own, ai }, prefix }: Props): VNode {
  const rare = useRare();
  const [open, setOpen] = useState(unfolded.has(key));
  useEffect(() => {
    if (open) unfolded.add(key);
    else unfolded.delete(key);
  }, [open, key]);
  // Made once: the window is drawn again at every key and frame. What a model wrote was read as it came.
  const long = useMemo(() => !own && !ai && ([...text].length > foldAt.length || text.split('\n').length > foldAt.lines), [text, own, ai]);
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
