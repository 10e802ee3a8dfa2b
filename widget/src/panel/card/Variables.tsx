import { h } from 'preact';
import type { VNode } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { usePanel } from '../context';
import type { Contact } from '../forms';
import { useAct } from '../ui/act';
import { Fold } from '../ui/Fold';
import { Icon } from '../ui/Icon';
import { Link } from '../ui/Link';
import { Problem } from '../ui/Problem';
import { useDraft } from './drafts';
import { EditForm } from './EditForm';
import { kindOf, kinds, valueOf } from './kinds';
import type { Kind } from './kinds';
import { Section } from './Section';

/** In characters, as the API has it. */
const longestName = 64;

/** The bridge keeps these with the variables; the card has them above. */
const elsewhere = new Set(['email', 'phone', 'company']);

/** What is being typed; an empty name is a new variable's. */
interface Draft {
  readonly name: string;
  readonly kind: Kind;
  readonly text: string;
  /** The value when the editing began, or when a newer one was looked at. */
  readonly base: string;
  readonly fresh: boolean;
}

/** The variables, which chains read and write. */
export function Variables({ contact }: { readonly contact: Contact }): VNode {
  const { strings: { card: words } } = usePanel();
  const [draft, edit] = useDraft<Draft>(`${contact.id}/variable`);
  const adder = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDListElement>(null);
  const last = useRef(draft);
  // The focus goes back to where the editing began, or to what is left.
  useLayoutEffect(() => {
    const name = last.current?.name;
    const ended = last.current && !draft;
    last.current = draft;
    if (!ended) return;
    const own = [...(list.current?.querySelectorAll('button') ?? [])].find((button) => button.value === name);
    (own ?? adder.current)?.focus();
  }, [draft]);
  const begin = (to: Draft) => (): void => edit(to);
  const all = Object.entries(contact.variables).filter(([name]) => !elsewhere.has(name));
  const add = (
    <button ref={adder} type="button" class="btn plain round" aria-label={words.addVariable} onClick={begin({ name: '', kind: 'text', text: '', base: '', fresh: true })}>
      <Icon name="plus" />
    </button>
  );
  return (
    <Section title={words.variables} aside={add}>
      {all.length > 0 && (
        <dl ref={list}>
          {all.map(([name, value]) => (
            <div class="fact" key={name}>
              <dt><bdi>{name}</bdi></dt>
              <dd>
                {draft && !draft.fresh && draft.name === name ? <Editor contact={contact} draft={draft} edit={edit} /> : (
                  <div class="value">
                    <div class="text" title={by(words.setBy, words.sources, contact.variables_by?.[name])}><Value value={value} /></div>
                    <button type="button" value={name} class="btn plain round edit" aria-label={words.editVariable(name)} onClick={begin({ name, kind: kindOf(value), text: value, base: value, fresh: false })}>
                      <Icon name="edit" />
                    </button>
                  </div>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {draft && (draft.fresh || !(draft.name in contact.variables)) && <Editor contact={contact} draft={draft} edit={edit} />}
    </Section>
  );
}

function by(words: (who: string) => string, names: Readonly<Record<string, string>>, source: string | undefined): string | undefined {
  return source && words(names[source] ?? source);
}

/** A value as what it is. */
function Value({ value }: { readonly value: string }): VNode {
  const { formats, strings: { card: words } } = usePanel();
  switch (kindOf(value)) {
    case 'yesno':
      return <span>{value === 'true' ? words.yes : words.no}</span>;
    case 'date':
      // A day has no time zone; at noon it is the same one in the browser's.
      return <time dateTime={value}>{formats.date(`${value}T12:00`)}</time>;
    case 'link':
      return <Link url={value} />;
    case 'number':
      return <span class="figure">{value}</span>;
    case 'text':
      return <Fold text={value} />;
  }
}

interface EditorProps {
  readonly contact: Contact;
  readonly draft: Draft;
  readonly edit: (draft?: Draft) => void;
}

function Editor({ contact, draft, edit }: EditorProps): VNode {
  const { api, contacts, say, strings } = usePanel();
  const { card: words } = strings;
  const id = useId();
  const first = useRef<HTMLInputElement & HTMLTextAreaElement & HTMLSelectElement>(null);
  const [wrong, blame] = useState('');
  useLayoutEffect(() => first.current?.focus(), []);
  const set = useAct((key, name: string, value: string) => contacts.after(contact.id, api.setVariable(contact.id, name, value, { key })));
  const unset = useAct((key, name: string) => contacts.after(contact.id, api.unsetVariable(contact.id, name, { key })));
  const busy = set.busy || unset.busy;
  const type = (change: Partial<Draft>): void => {
    blame('');
    set.forgive();
    edit({ ...draft, ...change });
  };
  const submit = async (): Promise<void> => {
    const name = draft.name.trim();
    const value = valueOf(draft.kind, draft.text);
    if (!name) return blame(words.noVariableName);
    if (value === undefined) return blame(words.notOfKind[draft.kind]);
    if (await set.go(name, value)) {
      say(strings.saved);
      edit();
    }
  };
  const remove = async (): Promise<void> => {
    if (await unset.go(draft.name)) edit();
  };
  const now = contact.variables[draft.name] ?? '';
  const other = !busy && !draft.fresh && now !== draft.base && now !== draft.text;
  return (
    <EditForm
      busy={busy}
      onSubmit={submit}
      onEnd={() => edit()}
      more={!draft.fresh && <button type="button" class="btn plain small danger end" aria-label={words.removeVariable(draft.name)} aria-disabled={busy} onClick={() => void remove()}>{words.remove}</button>}
    >
      <div class="row">
        {draft.fresh && <input ref={first} class="in" dir="auto" maxLength={longestName} placeholder={words.variableName} aria-label={words.variableName} value={draft.name} autocomplete="off" onInput={(event) => type({ name: event.currentTarget.value })} />}
        <select class="in short" aria-label={words.variableType} value={draft.kind} onChange={(event) => type({ kind: event.currentTarget.value as Kind })}>
          {kinds.map((kind) => <option key={kind} value={kind}>{words.types[kind]}</option>)}
        </select>
      </div>
      <Field kind={draft.kind} text={draft.text} label={draft.fresh ? words.variableValue : draft.name} described={`${id}-wrong ${id}-new`} wrong={wrong !== ''} inner={draft.fresh ? undefined : first} onType={(text) => type({ text })} />
      <div id={`${id}-new`} class="meanwhile" role="status">
        {other && (
          <p>
            <bdi>{now ? words.changedMeanwhile(now) : words.clearedMeanwhile}</bdi>{' '}
            {now && <button type="button" class="as-link" onClick={() => type({ text: now, base: now, kind: kindOf(now) })}>{words.takeNew}</button>}
          </p>
        )}
      </div>
      <Problem id={`${id}-wrong`} wrong={wrong} problem={set.problem ?? unset.problem} />
    </EditForm>
  );
}

interface FieldProps {
  readonly kind: Kind;
  readonly text: string;
  readonly label: string;
  readonly described: string;
  readonly wrong: boolean;
  readonly inner: { current: (HTMLInputElement & HTMLTextAreaElement & HTMLSelectElement) | null } | undefined;
  readonly onType: (text: string) => void;
}

function Field({ kind, text, label, described, wrong, inner, onType }: FieldProps): VNode {
  const { strings: { card: words } } = usePanel();
  const own = {
    ...(inner && { ref: inner }),
    class: 'in',
    'aria-label': label,
    'aria-describedby': described,
    'aria-invalid': wrong,
    value: text,
    onInput: (event: Event) => onType((event.currentTarget as HTMLInputElement).value),
  };
  switch (kind) {
    case 'yesno':
      return (
        <select {...own}>
          {text !== 'true' && text !== 'false' && <option value={text}>{text || '—'}</option>}
          <option value="true">{words.yes}</option>
          <option value="false">{words.no}</option>
        </select>
      );
    case 'date':
      return <input {...own} type="date" />;
    case 'number':
      return <input {...own} type="text" inputMode="decimal" autocomplete="off" />;
    case 'link':
      return <input {...own} type="text" inputMode="url" autocomplete="off" spellcheck={false} />;
    case 'text':
      return <textarea {...own} dir="auto" rows={2} />;
  }
}
