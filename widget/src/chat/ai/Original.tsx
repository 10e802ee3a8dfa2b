import { h } from 'preact';
import type { VNode } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useExtras } from '../ui/context';
import type { Item } from '../ui/view';
import { original } from './check';

export interface OriginalProps {
  readonly item: Item;
}

/** Under words that were translated for the visitor: that they were, and what the operator wrote. */
export function Original({ item }: OriginalProps): VNode | null {
  const extras = useExtras(true);
  const [open, setOpen] = useState(false);
  const wrote = useMemo(() => original(item.original), [item.original]);
  if (!extras || !wrote) return null;
  const { rare } = extras;
  const { text, html, lang } = wrote;
  return (
    <div class="ai-original">
      <span>
        {rare.ai.translated} ·{' '}
        <button type="button" onClick={() => setOpen(!open)}>
          {open ? rare.ai.hideOriginal : rare.ai.showOriginal}
        </button>
      </span>
      {open && (
        <blockquote lang={lang}>
          <extras.Text item={{ ...item, text, html }} prefix={false} />
        </blockquote>
      )}
    </div>
  );
}
