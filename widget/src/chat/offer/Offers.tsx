import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { isRTL } from '../extras/direction';
import { useChat, useExtras } from '../ui/context';
import { Icon } from '../ui/icons';
import type { Item } from '../ui/view';
import type { Button, Card } from '../entry';
import { nextPath, previousPath } from './icons';
import { cardsOf, offerOf, pressed } from './offers';
import { Presses } from './Press';

export interface OffersProps {
  readonly item: Item;
}

/** Under a message: its buttons and cards, which stay of use. */
export function Offers({ item }: OffersProps): VNode | null {
  const { session } = useChat();
  const extras = useExtras(true);
  const offer = offerOf(item);
  const { id } = item;
  if (!extras || !offer || !id) return null;
  const { rare } = extras;
  const taken = pressed(session.state, id);
  const row = (buttons: readonly Button[] | null | undefined, first: number): VNode | undefined =>
    buttons?.length ? <Presses id={id} buttons={buttons} first={first} taken={taken} /> : undefined;
  const cards = cardsOf(offer).map(({ nth, card, first }, _, { length }) => (
    <CardView
      key={nth}
      card={card}
      inList={length > 1}
      picture={card.image && <extras.FileView file={card.image} />}
      buttons={row(card.buttons, first)}
    />
  ));
  const newest = session.state.timeline.messages.at(-1)?.id === id;
  return (
    <>
      {!offer.quick && row(offer.buttons, 0)}
      {cards.length > 1 ? <Gallery cards={cards} rare={rare} /> : cards[0] && <div class="alone">{cards[0]}</div>}
      {/* What helps to answer stands outside of the log. */}
      {newest && (offer.quick || offer.ask) && <span class="sr">{rare.offer.below}</span>}
    </>
  );
}

interface CardProps {
  readonly card: Card;
  readonly inList: boolean;
  readonly picture: VNode | undefined;
  readonly buttons: VNode | undefined;
}

function CardView({ card: { title, text }, inList, picture, buttons }: CardProps): VNode {
  return (
    <div class="card" role={inList ? 'listitem' : 'group'} aria-label={title}>
      {picture}
      <div class="words">
        <b dir="auto">{title}</b>
        {text && <p dir="auto">{text}</p>}
      </div>
      {buttons}
    </div>
  );
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');
/** So near to an end counts as being there, in CSS pixels. */
const near = 8;

/** Several cards in a row, to be moved by finger, wheel, keys and buttons. */
function Gallery({ cards, rare }: { readonly cards: readonly VNode[]; readonly rare: Rare }): VNode {
  const list = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState({ start: true, end: false });
  const look = (): void => {
    const l = list.current;
    if (!l) return;
    // Right to left it counts down from 0 (CSSOM View section 6).
    const from = Math.abs(l.scrollLeft);
    const start = from < near;
    const end = l.scrollWidth - l.clientWidth - from < near;
    setAt((now) => (start === now.start && end === now.end ? now : { start, end }));
  };
  useEffect(look, [cards.length]);
  const go = (step: 1 | -1): void => {
    const l = list.current;
    const width = l?.firstElementChild?.clientWidth ?? 0;
    const right = isRTL(l) ? -1 : 1;
    l?.scrollBy({ left: right * step * width, behavior: calm.matches ? 'auto' : 'smooth' });
  };
  const arrow = (step: 1 | -1, word: string, path: string, there: boolean): VNode => (
    // Never disabled: that would take the focus from it.
    <button type="button" class={`plain arrow ${step < 0 ? 'back' : ''} ${there ? 'there' : ''}`} aria-label={word} aria-disabled={there} onClick={() => go(step)}>
      <Icon path={path} />
    </button>
  );
  return (
    <div class="gallery">
      <div class="cards" tabIndex={0} role="list" aria-label={rare.offer.cards(cards.length)} ref={list} onScroll={look}>
        {cards}
      </div>
      {arrow(-1, rare.offer.previous, previousPath, at.start)}
      {arrow(1, rare.offer.next, nextPath, at.end)}
    </div>
  );
}
