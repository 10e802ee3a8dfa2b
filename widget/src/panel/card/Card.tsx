import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { sentence, useContact, usePanel, useSource } from '../context';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { adopt } from '../sheets';
import { Actions } from './Actions';
import css from './card.css?inline';
import { Deals } from './Deals';
import { Facts } from './Facts';
import { Handling } from './Handling';
import { Head } from './Head';
import { Reach } from './Reach';
import { Tags } from './Tags';
import { Variables } from './Variables';

interface Props {
  readonly id: string;
  /** The way back to the list, where there is one. */
  readonly onBack?: () => void;
}

/** All that is known of a visitor, and what can be done. */
export function Card({ id, onBack }: Props): VNode {
  adopt(css);
  const { contacts, live, strings } = usePanel();
  const contact = useContact(id);
  const gone = useSource(contacts, () => contacts.gone(id));
  const ready = useSource(live, () => live.ready);
  const [problem, set] = useState<ApiProblem>();
  const [turn, again] = useState(0);
  useEffect(() => {
    contacts.forgetTyping(id);
    live.watch(id);
    return () => live.watch(null);
  }, [contacts, live, id]);
  // Anew with each connection: what happened without one was not heard.
  useEffect(() => {
    const end = new AbortController();
    contacts.load(id, end.signal).then(
      () => set(undefined),
      (error: unknown) => !end.signal.aborted && set(problemOf(error)),
    );
    return () => end.abort();
  }, [contacts, id, ready, turn]);
  return (
    <main class="card">
      {contact && !gone ? (
        <div class="card-in">
          <Head contact={contact} {...(onBack && { onBack })} />
          <Handling contact={contact} />
          <Facts contact={contact} />
          <Reach contact={contact} />
          <Tags contact={contact} />
          <Variables contact={contact} />
          <Deals contact={contact} />
          <Actions contact={contact} />
        </div>
      ) : (
        <div class="blank">
          {gone || problem ? <p role="alert" dir="auto">{gone || !problem ? strings.card.gone : sentence(strings, problem)}</p> : <p aria-busy="true">{strings.loading}</p>}
          {problem && !gone && <button type="button" class="btn" onClick={() => again(turn + 1)}>{strings.retry}</button>}
          {onBack && <button type="button" class="btn" onClick={onBack}>{strings.back}</button>}
        </div>
      )}
    </main>
  );
}
