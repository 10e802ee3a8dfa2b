import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { usePanel } from '../context';
import { useAct } from '../ui/act';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/Problem';
import { useDraft } from './drafts';
import { EditForm } from './EditForm';

interface Props {
  /** Names the draft, which is kept when another card is shown meanwhile. */
  readonly draft: string;
  readonly label: string;
  readonly value: string;
  readonly type?: 'text' | 'email' | 'tel' | 'lines';
  readonly maxLength?: number;
  /** An empty value is refused by the field itself. */
  readonly needed?: boolean;
  /** Words of this field for some problems, by their code. */
  readonly words?: Readonly<Record<string, string>>;
  readonly save: (key: string, value: string) => Promise<unknown>;
  /** How the value is shown; the value itself by default. */
  readonly children?: ComponentChildren;
}

interface Draft {
  readonly text: string;
  /** What the value was when the editing began, or when a newer one was looked at. */
  readonly base: string;
}

/** A value that is edited in its place. What somebody else makes of it meanwhile is shown beside what is typed. */
export function Editable(props: Props): VNode {
  const { strings } = usePanel();
  const [draft, edit] = useDraft<Draft>(props.draft);
  const opener = useRef<HTMLButtonElement>(null);
  const was = useRef(false);
  useLayoutEffect(() => {
    // The focus goes back to where the editing began.
    if (was.current && !draft) opener.current?.focus();
    was.current = draft !== undefined;
  }, [draft]);
  const begin = (): void => edit({ text: props.value, base: props.value });
  if (draft) return <Editor {...props} edited={draft} edit={edit} />;
  const { value, label, children } = props;
  return value ? (
    <div class="value">
      <div class="text">{children ?? <bdi>{value}</bdi>}</div>
      <button ref={opener} type="button" class="btn plain round edit" aria-label={strings.card.edit(label)} onClick={begin}>
        <Icon name="edit" />
      </button>
    </div>
  ) : (
    <button ref={opener} type="button" class="add" aria-label={strings.card.add(label)} onClick={begin}>
      <Icon name="plus" />
      {strings.addShort}
    </button>
  );
}

interface EditorProps extends Props {
  readonly edited: Draft;
  readonly edit: (draft?: Draft) => void;
}

function Editor({ label, value, type = 'text', maxLength, needed, words, save, edited, edit }: EditorProps): VNode {
  const { strings, say } = usePanel();
  const id = useId();
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const act = useAct(save);
  // At once: what is typed before the field has the focus is lost, or selected and overwritten.
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const submit = async (): Promise<void> => {
    const text = edited.text.trim();
    if (needed && !text) return field.current?.focus();
    if (text === value || (await act.go(text))) {
      if (text !== value) say(strings.saved);
      edit();
    } else field.current?.focus();
  };
  const attributes = {
    ref: field,
    class: 'in',
    value: edited.text,
    'aria-label': label,
    'aria-invalid': act.problem !== undefined,
    'aria-describedby': `${id}-wrong ${id}-new`,
    dir: 'auto' as const,
    maxLength,
    required: needed,
    onInput: (event: Event) => {
      act.forgive();
      edit({ ...edited, text: (event.currentTarget as HTMLInputElement).value });
    },
  };
  // Its own change comes back by the socket before the answer does.
  const other = !act.busy && value !== edited.base && value !== edited.text;
  return (
    <EditForm busy={act.busy} onSubmit={submit} onEnd={() => edit()}>
      {type === 'lines' ? <textarea {...attributes} rows={4} /> : <input {...attributes} type="text" inputMode={type} autocomplete="off" spellcheck={type === 'text'} />}
      <div id={`${id}-new`} class="meanwhile" role="status">
        {other && (
          <p>
            <bdi>{value ? strings.card.changedMeanwhile(value) : strings.card.clearedMeanwhile}</bdi>{' '}
            <button type="button" class="as-link" onClick={() => edit({ text: value, base: value })}>{strings.card.takeNew}</button>
          </p>
        )}
      </div>
      <Problem id={`${id}-wrong`} problem={act.problem} {...(words && { words })} />
    </EditForm>
  );
}
