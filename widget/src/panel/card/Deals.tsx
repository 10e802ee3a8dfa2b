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
import { DealForm, typingOf } from './DealForm';
import type { Typing } from './DealForm';
import { draftOf, useDraft } from './drafts';
import { History } from './History';
import { Section } from './Section';

/** Changes come in bunches; the deals are asked for once for each, so long after it, in milliseconds. */
const settle = 400;

/** In the place of a number: the form of a deal that has none yet. */
const fresh = 0;

/** What is being typed, by the deal's number. */
type Forms = Readonly<Record<number, Typing | undefined>>;

/** What the site sells to the visitor. */
export function Deals({ contact }: { readonly contact: Contact }): VNode {
  const { strings } = usePanel();
  const { deals: words } = strings;
  const { deals, problem, load } = useDeals(contact);
  const site = useSite();
  const name = `${contact.id}/deals`;
  const [forms = {}, set] = useDraft<Forms>(name);
  const [came] = useState(forms);
  const opener = useRef<HTMLButtonElement>(null);
  // Not by what is drawn: a form may be saved when its card is out of sight.
  const edit = (number: number, form?: Typing): void => set({ ...(draftOf(name) as Forms | undefined), [number]: form });
  const formOf = (number: number, deal?: Deal): VNode | undefined => {
    const form = forms[number];
    return form && (
      <DealForm contact={contact.id} deal={deal} form={form} back={came[number]?.tried === form.tried} edit={(to) => edit(number, to)} onSaved={load} onEnd={() => {
        edit(number);
        // It is a new one, or goes to the other list, where it may be folded away.
        if (!deal || isOpen(deal) !== (deal.status === 'open')) opener.current?.focus();
      }} />
    );
  };
  // While it is changed it stays in the list where it was: in the other one its form would begin anew.
  const isOpen = ({ number, status }: Deal): boolean => (forms[number]?.before.status ?? status) === 'open';
  const show = (deal: Deal): VNode => <One key={deal.number} contact={contact.id} deal={deal} form={formOf(deal.number, deal)} onEdit={() => edit(deal.number, typingOf(site, deal))} />;
  const open = deals?.filter(isOpen) ?? [];
  const over = deals?.filter((deal) => !isOpen(deal)) ?? [];
  const adding = formOf(fresh);
  return (
    <Section
      title={words.title}
      aside={<button ref={opener} type="button" class="btn plain round" aria-label={words.add} aria-expanded={adding !== undefined} onClick={() => adding ?? edit(fresh, typingOf(site))}><Icon name="plus" /></button>}
    >
      {adding}
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
  /** Where it is being changed. */
  readonly form: VNode | undefined;
  readonly onEdit: () => void;
}

function One({ contact, deal, form, onEdit }: OneProps): VNode {
  const { formats, strings: { deals: words } } = usePanel();
  const site = useSite();
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  useLayoutEffect(() => {
    if (was.current && !form) opener.current?.focus();
    was.current = form !== undefined;
  });
  if (form) return <li class="deal">{form}</li>;
  return (
    <li class="deal">
      <div class="deal-top">
        <h3 dir="auto">{deal.title} <bdi class="number">#{deal.number}</bdi></h3>
        {deal.amount && <span class="amount strong">{formats.money(deal.amount)}</span>}
        <button ref={opener} type="button" class="btn plain round edit" aria-label={words.edit(deal.title)} onClick={onEdit}><Icon name="edit" /></button>
      </div>
      <p class="deal-at">
        <span class={`mark ${deal.status}`}>{words.status[deal.status]}</span>
        <bdi class="muted">{placeOf(site, deal)}</bdi>
      </p>
      <History contact={contact} deal={deal} />
    </li>
  );
}
