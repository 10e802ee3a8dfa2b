import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import type { Item } from '../ui/view';
import { Marks, Original } from './AI';
import { FileView } from './FileView';
import { Offers } from './Offers';
import { Failed, Place, Quote, Reactions } from './Parts';
import { useRare } from './words';

interface AboveProps {
  readonly item: Item;
  readonly quoted: Item | undefined;
}

/** What stands in a message's bubble before its text, or in place of it. */
export function Above({ item: { replyTo, file, location, removed }, quoted }: AboveProps): VNode {
  const rare = useRare();
  if (removed) return <em>{rare.removed}</em>;
  return (
    <>
      {replyTo && <Quote id={replyTo} quoted={quoted} />}
      {file && <FileView key={file.url && 'here'} file={file} />}
      {location && <Place place={location} />}
    </>
  );
}

/** What stands under a message's bubble. */
export function Below({ item }: { readonly item: Item }): VNode {
  const { code, cid, removed } = item;
  return (
    <>
      {!!item.original && !removed && <Original item={item} />}
      {!!item.ai && !removed && <Marks item={item} />}
      {!!item.offer && <Offers item={item} />}
      <Reactions item={item} />
      {code && cid && <Failed item={item} code={code} cid={cid} />}
    </>
  );
}
