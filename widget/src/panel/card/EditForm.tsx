import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { usePanel } from '../context';

interface Props {
  readonly busy: boolean;
  readonly onSubmit: () => Promise<unknown>;
  readonly onEnd: () => void;
  /** The fields. */
  readonly children: ComponentChildren;
  /** A button beside the two that each form has. */
  readonly more?: ComponentChildren;
}

/** What is edited in its place; Escape gives it up, and Ctrl+Enter saves it also where Enter alone begins a line, unless they are an input method's. */
export function EditForm({ busy, onSubmit, onEnd, children, more }: Props): VNode {
  const { strings } = usePanel();
  return (
    <form
      class="editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void onSubmit();
      }}
      onKeyDown={(event) => {
        if (event.isComposing || event.keyCode === 229) return;
        if (event.key === 'Escape') onEnd();
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        void onSubmit();
      }}
    >
      {children}
      <div class="row">
        <button type="submit" class="btn primary small" aria-disabled={busy}>{busy ? strings.saving : strings.save}</button>
        <button type="button" class="btn plain small" onClick={onEnd}>{strings.cancel}</button>
        {more}
      </div>
    </form>
  );
}
