import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useChat } from '../ui/context';
import type { Item } from '../ui/view';
import { answering, editing } from './about';
import { isRTL } from './direction';
import { react } from './reactions';
import { useStay } from './stay';
import { useRare } from './words';

interface Props {
  readonly item: Item;
  readonly onClose: () => void;
}

/** Between the menu and the edge of the log, in CSS pixels. */
const margin = 12;
const quick = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** The menu of one message: reactions in a row, then what can be done with it. */
export function Menu({ item, onClose }: Props): VNode {
  const { session, strings, compose } = useChat();
  const rare = useRare();
  const menu = useRef<HTMLDivElement>(null);
  const [sure, setSure] = useState(false);
  const { id, own } = item;
  // Somebody may remove the message meanwhile.
  useStay();
  /** Closes it with the focus back on its button, which stands before it. */
  const back = (): void => {
    menu.current?.parentElement?.querySelector('button')?.focus();
    onClose();
  };
  useLayoutEffect(() => {
    const m = menu.current;
    const log = m?.closest('.log')?.getBoundingClientRect();
    const line = m?.offsetParent?.getBoundingClientRect();
    if (!m || !log || !line) return;
    // Under the message, or above it where that would leave the log.
    const { bottom, height } = m.getBoundingClientRect();
    if (bottom + margin > log.bottom && line.top - height - margin > log.top) m.classList.add('up');
    m.scrollIntoView({ block: 'nearest' });
    m.querySelector('button')?.focus();
  }, []);

  useEffect(() => {
    const root = menu.current?.getRootNode();
    const around = menu.current?.parentElement;
    const outside = (event: Event): void => {
      if (around && !event.composedPath().includes(around)) onClose();
    };
    root?.addEventListener('pointerdown', outside);
    return () => root?.removeEventListener('pointerdown', outside);
  }, [onClose]);

  const keys = (event: KeyboardEvent): void => {
    const all = [...(menu.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(event.target as HTMLButtonElement);
    const right = isRTL(menu.current) ? -1 : 1;
    const to = { ArrowDown: at + 1, ArrowRight: at + right, ArrowUp: at - 1, ArrowLeft: at - right, Home: 0, End: -1 }[event.key];
    if (to !== undefined) all.at(to % all.length)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') back();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const does = (run: (button: HTMLElement) => void): object => ({
    type: 'button',
    role: 'menuitem',
    tabIndex: -1,
    onClick: (event: MouseEvent) => {
      back();
      run(event.currentTarget as HTMLElement);
    },
  });

  return (
    <div class="menu" role="menu" tabIndex={-1} aria-label={strings.actions} ref={menu} onKeyDown={keys}>
      <div class="quick" role="group" aria-label={rare.react}>
        {quick.map((emoji) => (
          <button key={emoji} aria-label={`${rare.react} ${emoji}`} {...does(() => react(session, item, emoji))}>
            {emoji}
          </button>
        ))}
      </div>
      <button {...does(() => compose(answering(session, item)))}>{rare.reply}</button>
      {own && !item.file && <button {...does(() => compose(editing(session, item, rare.save)))}>{rare.edit}</button>}
      {own && id && (
        <button
          class="danger"
          {...does((button) => {
            // The actions of the message go with it: the focus stays with the messages.
            button.closest<HTMLElement>('.log')?.focus({ preventScroll: true });
            session.send({ t: 'redact', target: id });
          })}
          {...(!sure && { onClick: () => setSure(true) })}
        >
          {sure ? rare.removeSure : rare.remove}
        </button>
      )}
    </div>
  );
}
