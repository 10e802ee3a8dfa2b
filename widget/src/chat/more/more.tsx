import { h, render } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { wish, wishes } from '../attention/wish';
import { Refused } from '../identity';
import { adopt, sentence, useChat } from '../ui/context';
import type { Chat } from '../ui/context';
import { download } from './download';
import { MailForm } from './mail';
import css from './more.css?inline';
import { notices } from './notices';

/** One thing that the window's menu does, or why it cannot. */
interface Choice {
  readonly name: string;
  readonly run?: () => Promise<void>;
  /** The form that it opens in the menu's place. */
  readonly form?: 'transcript' | 'answers';
}

/** Where the menu is drawn while it is open; in the window's head, and gone with that. */
let place: HTMLElement | undefined;

/** Opens the menu in the window's head, or closes it. */
export async function more(): Promise<void> {
  const chat = useChat();
  const { host, notify, strings } = chat;
  if (place?.isConnected) {
    close();
    return;
  }
  const head = host.root.querySelector('header');
  // The first in the head, and not what has the focus: Safari gives that to no button that is pressed.
  const button = head?.querySelector('button') ?? null;
  try {
    const rare = await chat.rare.get();
    if (!head || place?.isConnected) return;
    adopt(host.root, css);
    // No div: those in the head share its width.
    place = document.createElement('span');
    head.append(place);
    button?.setAttribute('aria-expanded', 'true');
    // It is no part of the window's own tree, and ends with the head that it stands in.
    chat.session.life.signal.addEventListener('abort', close);
    render(<Menu choices={choices(chat, rare)} button={button} chat={chat} rare={rare} />, place);
  } catch {
    notify(strings.trouble);
  }
}

function close(): void {
  if (!place) return;
  render(null, place);
  place.remove();
  place = undefined;
}

function choices({ host, session, notify }: Chat, { menu }: Rare): Choice[] {
  return [
    { name: menu.page, run: () => download(host, session, 'html') },
    { name: menu.text, run: () => download(host, session, 'text') },
    ...(host.settings.quiet ? [] : [sound(host.settings.site, menu)]),
    ...notices(host, menu, notify),
    ...(session.state.site?.mails ?? []).map((form) => ({ name: `${menu[form]}…`, form })),
  ];
}

/** Turns the sound of messages off, or on again. */
function sound(site: string, { mute: off, unmute: on }: Rare['menu']): Choice {
  const muted = wishes(site, 'muted');
  return { name: muted ? on : off, run: async () => wish(site, 'muted', !muted) };
}

interface Props {
  readonly choices: readonly Choice[];
  readonly button: HTMLElement | null;
  readonly chat: Chat;
  readonly rare: Rare;
}

function Menu({ choices: all, button, chat, rare }: Props): VNode {
  const menu = useRef<HTMLDivElement>(null);
  const [form, setForm] = useState<Choice['form']>();
  const [mine] = useState(place);
  const fault = (error: unknown): void => chat.notify(error instanceof Refused ? sentence(rare, error.code) : chat.strings.trouble);
  const leave = (focus: boolean): void => {
    close();
    if (focus) button?.focus();
  };
  useLayoutEffect(() => {
    menu.current?.querySelector('button')?.focus();
    return () => button?.setAttribute('aria-expanded', 'false');
  }, [button]);
  useEffect(() => {
    const outside = (event: Event): void => {
      const path = event.composedPath();
      if (place && !path.includes(place) && !(button && path.includes(button))) close();
    };
    // On the page, too, which hears of nothing that is done in here but in the capture phase.
    addEventListener('pointerdown', outside, true);
    return () => removeEventListener('pointerdown', outside, true);
  }, [button]);

  const keys = (event: KeyboardEvent): void => {
    const items = [...(menu.current?.querySelectorAll('button') ?? [])];
    const at = items.indexOf(event.target as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) items.at(to % items.length)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') leave(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  if (form) {
    const done = (said?: string): void => {
      // Whoever did not wait for the answer has the focus elsewhere by now.
      if (place === mine) leave(true);
      if (said) chat.notify(said);
    };
    return <MailForm what={form} chat={chat} rare={rare} onDone={done} onFault={fault} />;
  }
  return (
    <div class="more" role="menu" tabIndex={-1} aria-label={chat.strings.menu} ref={menu} onKeyDown={keys}>
      {all.map(({ name, run, form: opens }) => (
        <button
          key={name}
          type="button"
          role="menuitem"
          tabIndex={-1}
          aria-disabled={!run && !opens}
          onClick={() => {
            if (!run && !opens) return;
            if (opens) {
              setForm(opens);
              return;
            }
            leave(true);
            run?.().catch(fault);
          }}
        >
          {name}
        </button>
      ))}
    </div>
  );
}
