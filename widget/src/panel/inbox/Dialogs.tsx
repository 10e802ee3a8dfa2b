import { h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { sentence, usePanel, useSource } from '../context';
import { Icon } from '../ui/Icon';
import { Bulk } from './Bulk';
import { useWords } from './context';
import { Filters } from './Filters';
import { usual } from './filter';
import type { Filter } from './filter';
import type { Inbox } from './inbox';
import { unseen } from './list';
import { Rows } from './Rows';

interface Props {
  readonly store: Inbox;
  readonly me: string;
  readonly selected: string | undefined;
  readonly onOpen: (id: string) => void;
  /** A step is one that people go back from; what is typed is none. */
  readonly onFilter: (filter: Filter, step: boolean) => void;
}

/** The list with all that stands over it. */
export function Dialogs({ store, me, selected, onOpen, onFilter }: Props): VNode {
  const { words, figures } = useWords();
  const state = useSource(store, () => store.state);
  const scroller = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const { list, phase, filter } = state;
  const fresh = unseen(list);

  // What has the focus is not to stand under the head of the list.
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => scroller.current?.style.setProperty('--head', `${head.current?.offsetHeight ?? 0}px`));
    if (head.current) watch.observe(head.current);
    return () => watch.disconnect();
  }, []);

  const toNew = (): void => {
    store.settle();
    const s = scroller.current;
    if (!s) return;
    s.scrollTop = 0;
    // The button goes; the focus that it had goes on in the list.
    requestAnimationFrame(() => s.querySelector<HTMLElement>('.item-open')?.focus());
  };

  return (
    <div class="dialogs" ref={scroller}>
      <div class="list-head" ref={head}>
        <Filters state={state} onFilter={onFilter} />
        {list.rows.length > 0 && <Bulk store={store} state={state} />}
        <div class="fresh" role="status">
          {fresh > 0 && phase === 'ready' && (
            <button type="button" class="btn primary small" onClick={toNew}>
              <Icon name="up" />
              {figures.plural(fresh, words.fresh)}
            </button>
          )}
        </div>
      </div>
      {phase === 'failed' ? <Failed state={state} onRetry={() => store.retry()} />
      : phase === 'loading' && list.rows.length === 0 ? <Loading />
      : list.rows.length === 0 ? <Empty filter={filter} onFilter={onFilter} />
      : <Rows store={store} state={state} scroller={scroller} me={me} selected={selected} onOpen={onOpen} />}
    </div>
  );
}

function Loading(): VNode {
  const { words } = useWords();
  return (
    <div class="ghosts" role="status" aria-busy="true">
      <span class="sr">{words.loading}</span>
      {[1, 2, 3, 4, 5].map((n) => <div class="ghost" key={n} aria-hidden="true"><i /><i /><i /></div>)}
    </div>
  );
}

function Failed({ state, onRetry }: { readonly state: Inbox['state']; readonly onRetry: () => void }): VNode {
  const { strings } = usePanel();
  const { words } = useWords();
  return (
    <div class="blank" role="alert">
      <p class="loud">{words.failed}</p>
      {state.problem && <p dir="auto">{sentence(strings, state.problem)}</p>}
      <button type="button" class="btn" onClick={onRetry}>{strings.retry}</button>
    </div>
  );
}

function Empty({ filter, onFilter }: { readonly filter: Filter; readonly onFilter: Props['onFilter'] }): VNode {
  const { words } = useWords();
  const narrowed = filter.words !== '' || filter.tag !== '';
  return (
    <div class="blank" role="status">
      <p class="loud">{narrowed ? words.nothing : words.empty[filter.view]}</p>
      <p>{narrowed ? words.nothingWhy : words.emptyWhy}</p>
      {narrowed && <button type="button" class="btn" onClick={() => onFilter({ ...usual, view: 'all', sort: filter.sort }, true)}>{words.resetFilter}</button>}
    </div>
  );
}
