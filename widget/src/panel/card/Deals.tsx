import { h } from 'preact';
import type { VNode } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import type { Contact, Deal } from '../forms';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { Icon } from '../ui/Icon';
import { placeOf } from '../ui/names';
import { Problem } from '../ui/Problem';
import { DealForm } from './DealForm';
import { History } from './History';
import { Section } from './Section';

/** Changes come in bunches; the deals are asked for once for each, so long after it, in milliseconds. */
const settle = 400;

/** What the site sells to the visitor. */
export function Deals({ contact }: { readonly contact: Contact }): VNode {
  const { strings } = usePanel();
  const { deals: words } = strings;
  const { deals, problem, load } = useDeals(contact);
  const [adding, add] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const done = (): void => {
    add(false);
    opener.current?.focus();
  };
  // Of each deal that is being changed, whether it was open before. It stays there
  // until its form ends: in the other list the form would begin anew.
  const [held, hold] = useState<Readonly<Record<number, boolean | undefined>>>({});
  const isOpen = ({ number, status }: Deal): boolean => held[number] ?? status === 'open';
  const show = (deal: Deal): VNode => {
    const edit = (on: boolean): void => {
      hold((was) => ({ ...was, [deal.number]: on ? isOpen(deal) : undefined }));
      // It goes to the other list, where it may be folded away.
      if (!on && isOpen(deal) !== (deal.status === 'open')) opener.current?.focus();
    };
    return <One key={deal.number} contact={contact.id} deal={deal} editing={held[deal.number] !== undefined} edit={edit} onChange={load} />;
  };
  const open = deals?.filter(isOpen) ?? [];
  const over = deals?.filter((deal) => !isOpen(deal)) ?? [];
  return (
    <Section
      title={words.title}
      aside={<button ref={opener} type="button" class="btn plain round" aria-label={words.add} aria-expanded={adding} onClick={() => add(true)}><Icon name="plus" /></button>}
    >
      {adding && <DealForm contact={contact.id} onSaved={load} onEnd={done} />}
      <Problem problem={problem} />
      {problem && <button type="button" class="btn small" onClick={load}>{strings.retry}</button>}
      {deals?.length === 0 && !adding && <p class="muted">{words.none}</p>}
      {open.length > 0 && <ul class="deals">{open.map(show)}</ul>}
      {over.length > 0 && (
        <details class="fold" open={open.length === 0}>
          <summary>{words.more(over.length)}</summary>
          <ul class="deals">{over.map(show)}</ul>
        </details>
      )}
    </Section>
  );
}

/** The contact's deals, asked for again when anything of the contact has changed. */
function useDeals(contact: Contact): { deals: readonly Deal[] | undefined; problem: ApiProblem | undefined; load: () => void } {
  const { api, live } = usePanel();
  const [deals, set] = useState<readonly Deal[]>();
  const [problem, blame] = useState<ApiProblem>();
  const { id } = contact;
  const asked = useRef(new AbortController());
  const load = useCallback((): void => {
    asked.current.abort();
    const { signal } = (asked.current = new AbortController());
    api.deals(id, signal).then(
      ({ items }) => {
        if (signal.aborted) return;
        set(items);
        blame(undefined);
      },
      (error: unknown) => !signal.aborted && blame(problemOf(error)),
    );
  }, [api, id]);
  useEffect(() => {
    const latest = asked;
    load();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const deaf = live.hear((frame) => {
      if (frame.type !== 'ready' && frame.type !== 'refresh' && !(frame.type === 'contact' && frame.contact.id === id)) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        load();
      }, settle);
    });
    return () => {
      deaf();
      clearTimeout(timer);
      latest.current.abort();
    };
  }, [load, live, id]);
  return { deals, problem, load };
}

interface OneProps {
  readonly contact: string;
  readonly deal: Deal;
  readonly editing: boolean;
  readonly edit: (on: boolean) => void;
  readonly onChange: () => void;
}

function One({ contact, deal, editing, edit, onChange }: OneProps): VNode {
  const { formats, strings: { deals: words } } = usePanel();
  const site = useSite();
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  useLayoutEffect(() => {
    if (was.current && !editing) opener.current?.focus();
    was.current = editing;
  }, [editing]);
  if (editing) {
    return (
      <li class="deal">
        <DealForm contact={contact} deal={deal} onSaved={onChange} onEnd={() => edit(false)} />
      </li>
    );
  }
  return (
    <li class="deal">
      <div class="deal-top">
        <h3 dir="auto">{deal.title} <bdi class="number">#{deal.number}</bdi></h3>
        {deal.amount && <span class="amount strong">{formats.money(deal.amount)}</span>}
        <button ref={opener} type="button" class="btn plain round edit" aria-label={words.edit(deal.title)} onClick={() => edit(true)}><Icon name="edit" /></button>
      </div>
      <p class="deal-at">
        <span class={`mark ${deal.status}`}>{words.status[deal.status]}</span>
        <bdi class="muted">{placeOf(site, deal)}</bdi>
      </p>
      <History contact={contact} deal={deal} />
    </li>
  );
}
