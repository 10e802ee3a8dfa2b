import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { sentence, usePanel, useSite } from '../context';
import type { Amount, Deal, List } from '../forms';
import type { FigureStrings } from '../i18n/inbox.strings';
import { problemOf } from '../problem';
import type { ApiProblem } from '../problem';
import { adopt } from '../sheets';
import { called, useWords } from './context';
import { Asked, useAsked } from './Later';
import { summaries } from './sums';
import type { DealSum, Line, Summary, Which } from './sums';
import { useMoreWords } from './words';
import css from './deals.css?inline';

interface Props {
  readonly selected: string | undefined;
  readonly onOpen: (contact: string) => void;
}

type Words = FigureStrings['deals'];

/** A deal with whom it is made. */
type SiteDeal = Deal & { readonly contact: { readonly id: string; readonly number: number; readonly name: string } };

/** How many deals come at once. */
const pageSize = 50;

/** The deals of all contacts: by stage, and behind each stage its deals. */
export function Deals(props: Props): VNode {
  adopt(css);
  const words = useMoreWords();
  return <div class="page deals" tabIndex={-1}><Asked {...words}>{({ deals }) => <Views words={deals} {...props} />}</Asked></div>;
}

function Views({ words, ...props }: Props & { readonly words: Words }): VNode {
  const { api } = usePanel();
  const [opened, open] = useState<Line>();
  // Back from a list its stage has the focus again.
  const [from, leave] = useState<Line>();
  const sums = useAsked((signal) => api.get<readonly DealSum[]>('/deals/sums', {}, signal), [opened === undefined]);
  if (opened) {
    return <Stage words={words} line={opened} {...props} onBack={() => {
      leave(opened);
      open(undefined);
    }} />;
  }
  return <Asked {...sums}>{(all) => <Pipelines words={words} sums={all} from={from} onOpen={open} />}</Asked>;
}

interface PipelinesProps {
  readonly words: Words;
  readonly sums: readonly DealSum[];
  readonly from: Line | undefined;
  readonly onOpen: (line: Line) => void;
}

function Pipelines({ words, sums, from, onOpen }: PipelinesProps): VNode {
  const { pipelines } = useSite();
  const shown = summaries(sums, pipelines);
  return (
    <Fragment>
      {sums.length === 0 && <div class="blank"><p class="loud">{words.none}</p><p>{words.noneWhy}</p></div>}
      {sums.length > 0 && shown.map((each) => <Pipeline key={each.pipeline} words={words} summary={each} from={from} onOpen={onOpen} />)}
    </Fragment>
  );
}

function Pipeline({ words, summary, from, onOpen }: Omit<PipelinesProps, 'sums'> & { readonly summary: Summary }): VNode {
  const { figures } = useWords();
  const most = Math.max(1, ...summary.lines.map(({ count }) => count));
  const focus = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => focus.current?.focus(), []);
  return (
    <section class="pipeline" aria-label={summary.name}>
      <h2><bdi>{summary.name}</bdi>{!summary.known && <span class="muted"> · {words.gonePipeline}</span>}</h2>
      <table>
        <thead><tr><th scope="col">{words.stage}</th><th scope="col">{words.count}</th><th scope="col">{words.sum}</th></tr></thead>
        <tbody>
          {summary.lines.map((line) => {
            const { which, count } = line;
            const name = line.stage ?? words.of[which.status];
            const was = from?.which.pipeline === which.pipeline && from.which.status === which.status && from.which.stage === which.stage;
            return (
              <tr key={`${which.status} ${which.stage ?? ''}`} class={`is-${which.status}`}>
                <th scope="row">
                  {count > 0 ? <button ref={was ? focus : null} type="button" class="stage" onClick={() => onOpen(line)}><bdi>{name}</bdi></button> : <bdi class="muted">{name}</bdi>}
                  <svg class="share" width="100%" height="4" aria-hidden="true"><rect width={`${(count / most) * 100}%`} height="4" rx="2" /></svg>
                </th>
                <td class={count ? '' : 'muted'}>{figures.number(count)}</td>
                <td><Amounts amounts={line.amounts} /></td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Amounts({ amounts }: { readonly amounts: readonly Amount[] }): VNode {
  const { formats } = usePanel();
  return <Fragment>{amounts.map((amount) => <span class="amount" key={amount.currency}>{formats.money(amount)}</span>)}</Fragment>;
}

interface StageProps extends Props {
  readonly words: Words;
  readonly line: Line;
  readonly onBack: () => void;
}

/** The deals behind a line of the summary. */
function Stage({ words, line, selected, onOpen, onBack }: StageProps): VNode {
  const { strings } = usePanel();
  const { pipelines } = useSite();
  const title = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => title.current?.focus(), []);
  const { which } = line;
  const list = useDeals(which);
  const pipeline = pipelines.find(({ id }) => id === which.pipeline)?.name ?? which.pipeline;
  return (
    <section>
      <div class="stage-head">
        <button type="button" class="btn small" onClick={onBack}>← {words.back}</button>
        <h2 ref={title} tabIndex={-1}><bdi>{pipeline}</bdi> · <bdi>{line.stage ?? words.of[which.status]}</bdi></h2>
      </div>
      {list.items.length === 0 && list.at === 'ready' && <p class="blank">{words.empty}</p>}
      <ul>
        {list.items.map((deal) => <DealItem key={deal.number} deal={deal} shown={deal.contact.id === selected} onOpen={onOpen} />)}
      </ul>
      {list.at === 'loading' && <p class="blank" role="status">{strings.loading}</p>}
      {list.problem && <p class="wrong" role="alert">{sentence(strings, list.problem)}</p>}
      {list.at !== 'loading' && list.more && <div class="rest"><button type="button" class="btn" onClick={list.load}>{list.problem ? strings.retry : strings.inbox.more}</button></div>}
    </section>
  );
}

function DealItem({ deal, shown, onOpen }: { readonly deal: SiteDeal; readonly shown: boolean; readonly onOpen: (contact: string) => void }): VNode {
  const { formats } = usePanel();
  const { words } = useWords();
  const { contact, amount } = deal;
  return (
    <li class={shown ? 'site-deal shown' : 'site-deal'}>
      <span class="item-line">
        <bdi class="deal-title">{deal.title}</bdi>
        {amount && <span class="amount">{formats.money(amount)}</span>}
      </span>
      <span class="item-line muted">
        <a
          class="deal-contact"
          href={`#contact=${encodeURIComponent(contact.id)}`}
          aria-current={shown ? 'true' : undefined}
          onClick={(event) => {
            event.preventDefault();
            onOpen(contact.id);
          }}
        ><bdi>{called(contact, words)}</bdi></a>
        <span>#{contact.number}</span>
        <time class="item-time" dateTime={deal.changed_at} title={formats.full(deal.changed_at)}>{formats.short(deal.changed_at, Date.now())}</time>
      </span>
    </li>
  );
}

interface Loaded {
  readonly items: readonly SiteDeal[];
  readonly more: boolean;
  readonly at: 'loading' | 'ready';
  readonly problem: ApiProblem | undefined;
  readonly load: () => void;
}

function useDeals(which: Which): Loaded {
  const { api } = usePanel();
  const [state, set] = useState<{ items: readonly SiteDeal[]; next: string | null | undefined; at: 'loading' | 'ready'; problem?: ApiProblem }>({ items: [], next: undefined, at: 'loading' });
  const end = useRef(new AbortController());
  const load = (): void => {
    set(({ items, next }) => ({ items, next, at: 'loading' }));
    api.get<List<SiteDeal>>('/deals', { ...which, limit: pageSize, cursor: state.next ?? undefined }, end.current.signal).then(
      (page) => set(({ items }) => ({ items: [...items, ...page.items], next: page.next, at: 'ready' })),
      (error: unknown) => end.current.signal.aborted || set(({ items, next }) => ({ items, next, at: 'ready', problem: problemOf(error) })),
    );
  };
  useEffect(() => {
    const { current: asking } = end;
    load();
    return () => asking.abort();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the line does not change while it is shown
  }, []);
  return { items: state.items, more: state.next !== null, at: state.at, problem: state.problem, load };
}
