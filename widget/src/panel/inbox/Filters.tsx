import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { usePanel, useSite } from '../context';
import { Icon } from '../ui/Icon';
import { useWords } from './context';
import { sorts, toQuery, usual, views } from './filter';
import type { Filter, Sort } from './filter';
import { saveFile } from '../save';
import type { State } from './inbox';

interface Props {
  readonly state: State;
  readonly onFilter: (filter: Filter, step: boolean) => void;
}

/** What is typed is asked for when so many milliseconds have passed without another key. */
const typing = 250;

/** What the list shows, and in which order. */
export function Filters({ state, onFilter }: Props): VNode {
  const { words, figures } = useWords();
  const { filter, counts } = state;
  const [more, showMore] = useState(filter.tag !== '' || filter.sort !== usual.sort);
  const tag = useTyped(filter.tag, (text) => onFilter({ ...filter, tag: text }, false));
  const search = useTyped(filter.words, (text) => onFilter({ ...filter, words: text }, false));
  const field = useRef<HTMLInputElement>(null);
  return (
    <div class="filters">
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          search.now();
        }}
      >
        <Icon name="search" />
        <input ref={field} class="in" type="search" enterkeyhint="search" maxLength={200} aria-label={words.search} placeholder={words.searchIn} autoComplete="off" dir="auto" value={search.text} onInput={(event) => search.type(event.currentTarget.value)} />
        {search.text !== '' && (
          <button type="button" class="btn plain round clear" aria-label={words.clear} onClick={() => {
            search.type('');
            search.now();
            field.current?.focus();
          }}><Icon name="cross" /></button>
        )}
        <button type="button" class="btn plain round" aria-expanded={more} aria-controls="inbox-options" aria-label={words.options} title={words.options} onClick={() => showMore(!more)}><Icon name="options" /></button>
      </form>
      <div id="inbox-options" class="options" hidden={!more}>
        <Tags text={tag.text} onInput={tag.type} />
        <label class="option">
          <span class="label">{words.sort}</span>
          <select class="in" value={filter.sort} onChange={(event) => onFilter({ ...filter, sort: event.currentTarget.value as Sort }, true)}>
            {sorts.map((sort) => <option key={sort} value={sort}>{words.sorts[sort]}</option>)}
          </select>
        </label>
        <Export filter={filter} />
      </div>
      <div class="views-of" role="group" aria-label={words.show}>
        {views.map((view) => (
          <button key={view} type="button" class="view" aria-pressed={filter.view === view} onClick={() => onFilter({ ...filter, view }, true)}>
            {words.views[view]}
            {counts[view] !== undefined && <span class="count">{figures.number(counts[view])}</span>}
          </button>
        ))}
      </div>
    </div>
  );
}

function Tags({ text, onInput }: { readonly text: string; readonly onInput: (text: string) => void }): VNode {
  const { words } = useWords();
  return (
    <label class="option">
      <span class="label">{words.tag}</span>
      <input class="in" type="text" list="inbox-tags" maxLength={50} autoComplete="off" dir="auto" placeholder={words.anyTag} value={text} onInput={(event) => onInput(event.currentTarget.value)} />
      <datalist id="inbox-tags">{useSite().tags.map((tag) => <option key={tag} value={tag}>{tag}</option>)}</datalist>
    </label>
  );
}

/** Saves what the list shows as a file, all of it. */
function Export({ filter }: { readonly filter: Filter }): VNode {
  const { api, place, say } = usePanel();
  const { words } = useWords();
  const [at, turn] = useState<'idle' | 'working' | 'failed'>('idle');
  const go = async (): Promise<void> => {
    if (at === 'working') return;
    turn('working');
    try {
      const query = toQuery(filter);
      // The file has its own order: in one that changes while it is written, contacts would be missed.
      query.delete('sort');
      saveFile(await api.download('/contacts.csv', Object.fromEntries(query)), `${place.site}-${new Date().toISOString().slice(0, 10)}.csv`);
      turn('idle');
      say(words.csvDone);
    } catch {
      turn('failed');
    }
  };
  return (
    <div class="option export">
      <button type="button" class="btn" aria-disabled={at === 'working'} onClick={() => void go()}>{at === 'working' ? words.csvWorking : words.csv}</button>
      {at === 'failed' && <p class="wrong" role="alert">{words.csvFailed}</p>}
    </div>
  );
}

interface Typed {
  readonly text: string;
  readonly type: (text: string) => void;
  readonly now: () => void;
}

/** A text that takes effect when it was typed; what comes from elsewhere replaces it. */
function useTyped(known: string, take: (text: string) => void): Typed {
  const [text, set] = useState(known);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const taken = useRef(known);
  const latest = useRef({ text, take });
  latest.current = { text, take };
  useEffect(() => {
    // The browser's way back, or a press elsewhere, changed it.
    if (known === taken.current) return;
    taken.current = known;
    latest.current.text = known;
    set(known);
  }, [known]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const { current: now } = useRef((): void => {
    clearTimeout(timer.current);
    const trimmed = latest.current.text.trim();
    if (trimmed === taken.current) return;
    taken.current = trimmed;
    latest.current.take(trimmed);
  });
  const type = (next: string): void => {
    set(next);
    latest.current.text = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(now, typing);
  };
  return { text, type, now };
}
