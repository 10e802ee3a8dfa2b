import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import type { Rare } from '../../i18n/strings';
import type { Item } from '../ui/view';
import { Marks, Original } from './AI';
import { FileView } from './FileView';
import { Offers } from './Offers';
import { Failed, Place, Quote, Reactions } from './Parts';

interface AboveProps {
  readonly item: Item;
  readonly quoted: Item | undefined;
  readonly rare: Rare;
}

/** What stands in a message's bubble before its text. */
export function Above({ item: { replyTo, file, location }, quoted, rare }: AboveProps): VNode {
  return (
    <>
      {replyTo && <Quote id={replyTo} quoted={quoted} rare={rare} />}
      {file && <FileView key={file.url && 'here'} file={file} rare={rare} />}
      {location && <Place place={location} rare={rare} />}
    </>
  );
}

interface BelowProps {
  readonly item: Item;
  readonly rare: Rare;
  readonly onEdit: (item: Item) => void;
}

/** What stands under a message's bubble. */
export function Below({ item, rare, onEdit }: BelowProps): VNode {
  const { code, cid, removed } = item;
  return (
    <>
      {!!item.original && !removed && <Original item={item} />}
      {!!item.ai && !removed && <Marks item={item} />}
      {!!item.offer && <Offers item={item} />}
      {item.reactions.length > 0 && <Reactions item={item} rare={rare} />}
      {code && cid && <Failed item={item} code={code} cid={cid} rare={rare} onEdit={onEdit} />}
    </>
  );
}
