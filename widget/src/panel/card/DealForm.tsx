import { h } from 'preact';
import type { VNode } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import type { Deal, DealChange, Site } from '../forms';
import { useAct } from '../ui/act';
import type { Tried } from '../ui/act';
import { Problem } from '../ui/Problem';
import { EditForm } from './EditForm';
import { plainNumber } from './kinds';

interface Props {
  readonly contact: string;
  /** Without it a new one is made. */
  readonly deal?: Deal | undefined;
  readonly form: Typing;
  /** It comes back with its card, and takes the focus from nobody. */
  readonly back: boolean;
  readonly edit: (form: Typing) => void;
  readonly onSaved: () => void;
  readonly onEnd: () => void;
}

/** The fields as they are typed. */
interface Typed {
  readonly title: string;
  readonly amount: string;
  readonly currency: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly status: Deal['status'];
}

/** What a deal was when its form was opened, and what the form has of it now. */
export interface Typing {
  readonly before: Typed;
  readonly typed: Typed;
  /** Kept with it, so that what is saved again when its card comes back is made once. */
  readonly tried: Tried;
}

/** In characters, as the API has it. */
const longestTitle = 200;
const statuses = ['open', 'won', 'lost'] as const;

/** A form as it is opened: of a new deal, or of a known one. */
export function typingOf({ pipelines: [usual], currency }: Site, deal?: Deal): Typing {
  const before: Typed = {
    title: deal?.title ?? '',
    amount: deal?.amount?.value ?? '',
    currency: deal?.amount?.currency ?? currency ?? '',
    pipeline: deal?.pipeline ?? usual?.id ?? '',
    stage: deal?.stage ?? usual?.stages[0]?.id ?? '',
    status: deal?.status ?? 'open',
  };
  return { before, typed: before, tried: {} };
}

/** A new deal, or a known one as it is changed. Only what was touched is sent, so that two people can change two things. */
export function DealForm({ contact, deal, form: { before, typed, tried }, back, edit, onSaved, onEnd }: Props): VNode {
  const { api, say, strings } = usePanel();
  const { deals: words } = strings;
  const site = useSite();
  const id = useId();
  const title = useRef<HTMLInputElement>(null);
  const [wrong, blame] = useState<{ field: keyof Typed; says: string }>();
  useLayoutEffect(() => {
    if (!back) title.current?.focus();
  }, [back]);
  const act = useAct((key, change: DealChange) => (deal ? api.changeDeal(contact, deal.number, change, { key }) : api.addDeal(contact, change, { key })), undefined, tried);
  const type = (change: Partial<Typed>): void => {
    blame(undefined);
    act.forgive();
    edit({ before, tried, typed: { ...typed, ...change } });
  };
  const submit = async (): Promise<void> => {
    if (!typed.title.trim()) return blame({ field: 'title', says: words.noTitle });
    const value = plainNumber(typed.amount);
    if (typed.amount.trim() && (value === undefined || value.startsWith('-'))) return blame({ field: 'amount', says: words.badAmount });
    const currency = typed.currency.trim().toUpperCase();
    if (value !== undefined && !/^[A-Z]{3}$/.test(currency)) return blame({ field: 'currency', says: words.badCurrency });
    const amount = value === undefined ? null : { value, currency };
    const change = changeOf(before, typed, deal === undefined, amount);
    if (Object.keys(change).length > 0) {
      if (!(await act.go(change))) return;
      say(strings.saved);
      onSaved();
    }
    onEnd();
  };
  const invalid = (field: keyof Typed): object => ({ 'aria-invalid': wrong?.field === field, 'aria-describedby': `${id}-wrong` });
  const stages = site.pipelines.find((p) => p.id === typed.pipeline)?.stages ?? [];
  const changed = deal !== undefined && !act.busy && changedMeanwhile(before, deal, typed);
  return (
    <EditForm busy={act.busy} onSubmit={submit} onEnd={onEnd}>
      <label>
        <span class="label">{words.name}</span>
        <input ref={title} class="in" dir="auto" maxLength={longestTitle} required value={typed.title} {...invalid('title')} autocomplete="off" onInput={(event) => type({ title: event.currentTarget.value })} />
      </label>
      <div class="pair">
        <label class="wide">
          <span class="label">{words.amount}</span>
          <input class="in" inputMode="decimal" maxLength={30} value={typed.amount} {...invalid('amount')} autocomplete="off" onInput={(event) => type({ amount: event.currentTarget.value })} />
        </label>
        <label>
          <span class="label">{words.currency}</span>
          <input class="in" maxLength={3} size={4} value={typed.currency} {...invalid('currency')} autocomplete="off" autocapitalize="characters" onInput={(event) => type({ currency: event.currentTarget.value })} />
        </label>
      </div>
      {site.pipelines.length > 1 && (
        <label>
          <span class="label">{words.pipeline}</span>
          <select class="in" value={typed.pipeline} onChange={(event) => type({ pipeline: event.currentTarget.value, stage: site.pipelines.find((p) => p.id === event.currentTarget.value)?.stages[0]?.id ?? '' })}>
            {!site.pipelines.some((p) => p.id === typed.pipeline) && <option value={typed.pipeline}>{typed.pipeline}</option>}
            {site.pipelines.map((p) => <option key={p.id} value={p.id}>{p.name}</option>)}
          </select>
        </label>
      )}
      <div class="pair">
        <label class="wide">
          <span class="label">{words.stage}</span>
          <select class="in" value={typed.stage} onChange={(event) => type({ stage: event.currentTarget.value })}>
            {!stages.some((s) => s.id === typed.stage) && <option value={typed.stage}>{typed.stage}</option>}
            {stages.map((s) => <option key={s.id} value={s.id}>{s.name}</option>)}
          </select>
        </label>
        <label class="wide">
          <span class="label">{words.statusLabel}</span>
          <select class="in" value={typed.status} onChange={(event) => type({ status: event.currentTarget.value as Deal['status'] })}>
            {statuses.map((status) => <option key={status} value={status}>{words.status[status]}</option>)}
          </select>
        </label>
      </div>
      <div class="meanwhile" role="status">{changed && <p>{words.changedMeanwhile}</p>}</div>
      <Problem id={`${id}-wrong`} wrong={wrong?.says} problem={act.problem} />
    </EditForm>
  );
}

/** What was touched; of a new deal all that there is. */
function changeOf(before: Typed, typed: Typed, fresh: boolean, amount: Deal['amount']): DealChange {
  const touched = (field: keyof Typed): boolean => typed[field].trim() !== before[field];
  const money = fresh ? amount !== null : touched('amount') || (amount !== null && touched('currency'));
  const moved = fresh || touched('pipeline');
  return {
    ...((fresh || touched('title')) && { title: typed.title.trim() }),
    ...(money && { amount }),
    ...(moved && typed.pipeline && { pipeline: typed.pipeline }),
    ...((moved || touched('stage')) && typed.stage && { stage: typed.stage }),
    ...(touched('status') && { status: typed.status }),
  };
}

/** True when somebody else has changed something that was touched here too. */
function changedMeanwhile(before: Typed, deal: Deal, typed: Typed): boolean {
  const now: Partial<Typed> = { title: deal.title, amount: deal.amount?.value ?? '', stage: deal.stage, status: deal.status, pipeline: deal.pipeline };
  return (Object.keys(now) as (keyof Typed)[]).some((field) => now[field] !== before[field] && now[field] !== typed[field] && typed[field] !== before[field]);
}
