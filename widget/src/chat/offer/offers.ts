import type { Session } from '../session';
import type { State } from '../state';
import type { Item } from '../ui/view';
import type { Answer, Ask, Button, Card, EntryID, Offer } from '../entry';
import { isAnswer, isOffer } from './check';

/** What a message offers, if it came in a form that this widget knows. */
export function offerOf({ offer, removed }: Pick<Item, 'offer' | 'removed'>): Offer | undefined {
  return !removed && isOffer(offer) ? (offer as Offer) : undefined;
}

function answerOf(answer: unknown): Answer | undefined {
  return isAnswer(answer) ? (answer as Answer) : undefined;
}

/** The cards with where their buttons begin in the count of Answer.button: first those of the message are counted. */
export function cardsOf({ buttons: own, cards }: Offer): readonly { readonly nth: number; readonly card: Card; readonly first: number }[] {
  let next = own?.length ?? 0;
  return (cards ?? []).map((card, i) => {
    const first = next;
    next += card.buttons?.length ?? 0;
    return { nth: i + 1, card, first };
  });
}

/** The buttons of a message that were pressed, in any tab. */
export function pressed({ timeline, outbox }: State, id: EntryID): ReadonlySet<number | undefined> {
  const answers = [
    ...timeline.messages.filter((e) => !timeline.removed.has(e.id)).map((e) => answerOf(e.answer)),
    ...outbox.map(({ frame, failed }) => (frame.t === 'message' && !failed ? frame.answer : undefined)),
  ];
  return new Set(answers.filter((a) => a?.entry === id).map((a) => a?.button));
}

/** For so many milliseconds a press after another one means the same, whatever was said since: the bot answers before a finger that trembles is up. */
const trembles = 1000;

/** Presses a button. Pressed again with nothing said since, by anybody, and no closing, it is the same press. */
export function press(session: Session, entry: EntryID, button: number, { text }: Button): void {
  const { timeline, outbox, left, ahead } = session.state;
  const waiting = outbox.findLast((o) => o.frame.t === 'message' && !o.failed);
  const heard = timeline.messages.filter((e) => !timeline.removed.has(e.id));
  const mine = heard.findLast((e) => e.author.party === 'visitor');
  const said = waiting?.frame ?? mine;
  const last = said && 'answer' in said ? answerOf(said.answer) : undefined;
  const isOver = !waiting && (mine !== heard.at(-1) || (mine?.seq ?? 0) <= left);
  const { at = 0 } = waiting ?? mine ?? {};
  if (last?.entry === entry && last.button === button && (!isOver || Date.now() + ahead - at < trembles)) return;
  session.send({ t: 'message', text, answer: { entry, button } });
}

/** A question that waits for its answer. */
export interface Question {
  readonly id: EntryID;
  readonly text: string;
  readonly ask: Ask;
}

/** The question whose form is of use: the newest one, until it was answered or a person took over. */
export function openQuestion(items: readonly Item[]): Question | undefined {
  const last = items.findLast((i) => i.author.party !== 'bot' || offerOf(i)?.ask);
  const ask = last && offerOf(last)?.ask;
  return ask && last.id ? { id: last.id, text: last.text, ask } : undefined;
}

/** The quick replies: those of the newest message, which are gone once anybody says anything. */
export function quickReplies(items: readonly Item[]): { readonly id: EntryID; readonly buttons: readonly Button[] } | undefined {
  const last = items.at(-1);
  const offer = last && offerOf(last);
  return offer?.quick && offer.buttons && last?.id ? { id: last.id, buttons: offer.buttons } : undefined;
}
