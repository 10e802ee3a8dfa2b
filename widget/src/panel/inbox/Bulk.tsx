import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { sentence, usePanel, useSite } from '../context';
import { ApiProblem } from '../problem';
import { Icon } from '../ui/Icon';
import { nameOf } from '../ui/names';
import { actOnAll } from './bulk';
import type { Act, Outcome } from './bulk';
import { called, useMe, useWords } from './context';
import type { Inbox, State } from './inbox';

interface Props {
  readonly store: Inbox;
  readonly state: State;
}

const acts = ['tag', 'untag', 'assignee', 'closed'] as const;
type Kind = (typeof acts)[number];

/** How many of those for whom it was not done are named. */
const mostNamed = 5;
const longestTag = 50;

/** An outcome with the names that its contacts had. */
interface Told extends Outcome {
  readonly names: ReadonlyMap<string, string>;
}

/** Selects rows, and does something to all that are selected. */
export function Bulk({ store, state }: Props): VNode {
  const { api, say } = usePanel();
  const { words, figures } = useWords();
  const { list: { rows }, picked } = state;
  const [working, work] = useState<number>();
  const [told, tell] = useState<Told>();
  const all = useRef<HTMLInputElement>(null);
  const some = picked.size > 0 && picked.size < rows.length;
  useEffect(() => {
    if (all.current) all.current.indeterminate = some;
  }, [some]);

  const apply = async (act: Act): Promise<void> => {
    const ids = rows.filter(({ id }) => picked.has(id)).map(({ id }) => id);
    const names = new Map(rows.map((row) => [row.id, called(row, words)]));
    tell(undefined);
    work(0);
    const outcome = await actOnAll(api, ids, act, work);
    work(undefined);
    store.pick(outcome.done, false);
    const whole = outcome.failed.length === 0 && !outcome.problem;
    if (whole) say(figures.plural(outcome.done.length, words.done));
    tell({ ...outcome, names });
    // The form goes with the last of what was selected, and would take the focus with it.
    if (whole) all.current?.focus();
  };

  return (
    <div class="bulk">
      <div class="bulk-line">
        <label class="bulk-all">
          <input
            ref={all}
            type="checkbox"
            aria-label={words.pickAll}
            checked={picked.size > 0 && picked.size === rows.length}
            onChange={(event) => store.pick(rows.map(({ id }) => id), event.currentTarget.checked)}
          />
          <span class={picked.size ? 'loud' : 'muted'}>{picked.size ? figures.plural(picked.size, words.picked) : words.pickAll}</span>
        </label>
        {picked.size > 0 && (
          <button type="button" class="btn plain round" aria-label={words.unpick} title={words.unpick} onClick={() => {
            store.pick(picked, false);
            all.current?.focus();
          }}><Icon name="cross" /></button>
        )}
      </div>
      {picked.size > 0 && <Form count={picked.size} working={working} onApply={apply} />}
      <Report told={told} onDismiss={() => tell(undefined)} />
    </div>
  );
}

function Form({ count, working, onApply }: { readonly count: number; readonly working: number | undefined; readonly onApply: (act: Act) => Promise<void> }): VNode {
  const { words, figures } = useWords();
  const { operators, tags } = useSite();
  const me = useMe();
  const [kind, choose] = useState<Kind>('tag');
  const [tag, setTag] = useState('');
  const [operator, setOperator] = useState(me);
  const [wrong, setWrong] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const tagging = kind === 'tag' || kind === 'untag';

  const submit = (event: Event): void => {
    event.preventDefault();
    if (working !== undefined) return;
    const text = tag.trim();
    const fault = tagging && text === '' ? words.noTag : tagging && [...text].length > longestTag ? words.longTag : '';
    setWrong(fault);
    if (fault) return field.current?.focus();
    void onApply(kind === 'tag' ? { tag: text } : kind === 'untag' ? { untag: text } : kind === 'assignee' ? { assignee: operator || null } : { status: 'closed' });
  };

  return (
    <form class="bulk-form" onSubmit={submit}>
      <select class="in" aria-label={words.act} value={kind} onChange={(event) => {
        choose(event.currentTarget.value as Kind);
        setWrong('');
      }}>
        {acts.map((act) => <option key={act} value={act}>{words.acts[act]}</option>)}
      </select>
      {tagging && (
        <Fragment>
          <input ref={field} class="in" type="text" list="bulk-tags" autoComplete="off" dir="auto" aria-label={words.tag} placeholder={words.tag} value={tag} aria-invalid={wrong !== ''} aria-describedby={wrong ? 'bulk-wrong' : undefined} onInput={(event) => setTag(event.currentTarget.value)} />
          <datalist id="bulk-tags">{tags.map((known) => <option key={known} value={known}>{known}</option>)}</datalist>
        </Fragment>
      )}
      {kind === 'assignee' && (
        <select class="in" aria-label={words.operator} value={operator} onChange={(event) => setOperator(event.currentTarget.value)}>
          {operators.map(({ id }) => <option key={id} value={id}>{id === me ? `${nameOf(id)} (${words.mine})` : nameOf(id)}</option>)}
          <option value="">{words.nobody}</option>
        </select>
      )}
      <button type="submit" class="btn primary" aria-disabled={working !== undefined}>
        {working === undefined ? `${words.apply} · ${figures.number(count)}` : words.applying(figures.number(working), figures.number(count))}
      </button>
      {wrong && <p id="bulk-wrong" class="wrong" role="alert">{wrong}</p>}
    </form>
  );
}

/** Says what was done and what was not, until it is dismissed or the next act begins. */
function Report({ told, onDismiss }: { readonly told: Told | undefined; readonly onDismiss: () => void }): VNode | null {
  const { strings } = usePanel();
  const { words, figures } = useWords();
  if (!told) return null;
  const { done, failed, problem, names } = told;
  return (
    <div class={failed.length || problem ? 'told alarm' : 'told'} role={failed.length || problem ? 'alert' : undefined}>
      <div>
        {done.length > 0 && <p>{figures.plural(done.length, words.done)}</p>}
        {failed.length > 0 && <p>{figures.plural(failed.length, words.undone)}</p>}
        <ul>
          {failed.slice(0, mostNamed).map((each) => (
            <li key={each.id}><bdi>{names.get(each.id) ?? each.id}</bdi>: <bdi>{sentence(strings, new ApiProblem(each.code, 0, each.detail))}</bdi></li>
          ))}
        </ul>
        {failed.length > mostNamed && <p>{figures.plural(failed.length - mostNamed, words.undoneMore)}</p>}
        {problem && <p>{words.rest(sentence(strings, problem))}</p>}
      </div>
      <button type="button" class="btn plain round" aria-label={words.dismiss} title={words.dismiss} onClick={onDismiss}><Icon name="cross" /></button>
    </div>
  );
}
