import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useChat } from '../ui/context';
import type { Item } from '../ui/view';
import { useAI } from './AI';
import { useRare } from './words';

interface Props {
  readonly item: Item;
  readonly items: readonly Item[];
  /** The first that came while the window was closed. */
  readonly isFresh: boolean;
}

/** The lines above a message: that new ones begin here, where older ones are above, and that an AI writes. */
export function Lead({ item, items, isFresh }: Props): VNode {
  const rare = useRare();
  const { site, timeline } = useChat().session.state;
  const notice = site?.ai_notice;
  const chunk = useAI(!!notice);
  const isFirst = !!item.ai && items.find(({ ai }) => ai) === item;
  return (
    <>
      {isFresh && (timeline.more || item !== items[0]) && <div class="day new">{rare.fresh}</div>}
      {isFirst && notice && chunk && <chunk.Notice said={!item.reply}>{notice}</chunk.Notice>}
    </>
  );
}
