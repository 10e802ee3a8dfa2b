import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChat } from './context';
import { Icon } from './icons';

export interface Action {
  readonly label: string;
  readonly run: () => void;
  readonly danger?: boolean;
}

const quick = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** The button and menu of one message: reactions in a row, then the actions. */
export function Menu({ actions, react }: { readonly actions: readonly Action[]; readonly react: ((emoji: string) => void) | undefined }): VNode {
  const { strings } = useChat();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return;
    const element = menu.current;
    const root = element?.getRootNode();
    element?.scrollIntoView({ block: 'nearest' });
    element?.querySelector('button')?.focus();
    const outside = (event: Event): void => {
      if (!event.composedPath().includes(element?.parentElement as EventTarget)) setOpen(false);
    };
    root?.addEventListener('pointerdown', outside);
    return () => root?.removeEventListener('pointerdown', outside);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const keys = (event: KeyboardEvent): void => {
    const all = [...(menu.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(event.target as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) all.at(to % all.length)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const item = (run: () => void): object => ({
    type: 'button',
    role: 'menuitem',
    tabIndex: -1,
    onClick: () => {
      close();
      run();
    },
  });

  return (
    <div class={`actions ${open ? 'open' : ''}`}>
      <button
        type="button"
        ref={button}
        class="plain"
        aria-label={strings.actions}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="dots" />
      </button>
      {open && (
        <div class="menu" role="menu" aria-label={strings.actions} ref={menu} onKeyDown={keys}>
          {react && (
            <div class="quick" role="group" aria-label={strings.react}>
              {quick.map((emoji) => (
                <button key={emoji} aria-label={`${strings.react} ${emoji}`} {...item(() => react(emoji))}>
                  {emoji}
                </button>
              ))}
            </div>
          )}
          {actions.map(({ label, run, danger }) => (
            <button key={label} class={danger ? 'danger' : ''} {...item(run)}>
              {label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
