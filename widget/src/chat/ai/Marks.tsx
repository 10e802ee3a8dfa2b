import { h } from 'preact';
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { useExtras } from '../ui/context';
import { Icon } from '../ui/icons';
import type { Item } from '../ui/view';
import { checked } from './check';
import { cutPath } from './icons';

export interface MarksProps {
  readonly item: Item;
}

/** What a model's words rest on, and that they were cut short. */
export function Marks({ item: { ai } }: MarksProps): VNode | null {
  const extras = useExtras(true);
  const { sources, interrupted } = useMemo(() => checked(ai), [ai]);
  if (!extras || (!interrupted && sources.length === 0)) return null;
  const { rare, safeURL } = extras;
  return (
    <div class="ai-marks">
      {interrupted && (
        <i>
          <Icon path={cutPath} />
          {rare.ai.interrupted}
        </i>
      )}
      {sources.length > 0 && <span>{rare.ai.sources}</span>}
      {sources.map(({ title, url = '' }) => {
        const href = safeURL(url);
        return href ? (
          <a key={title + url} href={href} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
            {title}
          </a>
        ) : (
          <b key={title + url} dir="auto">
            {title}
          </b>
        );
      })}
    </div>
  );
}
