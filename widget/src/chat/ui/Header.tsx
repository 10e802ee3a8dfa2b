import { h } from 'preact';
import type { VNode } from 'preact';
import type { Item } from './view';
import { Avatar } from './Avatar';
import { useChat } from './context';
import { Icon } from './icons';

/** The window's head: who answers, and the way out. */
export function Header({ title, items, left }: { readonly title: string; readonly items: readonly Item[]; readonly left: number }): VNode {
  const { strings, host, notify } = useChat();
  const { settings } = host;
  // Whoever spoke last and has not left, for the bot has its own turns.
  const last = items.findLast((i) => !i.own);
  const author = last && last.seq > left && last.author.party === 'operator' ? last.author : undefined;
  return (
    // role: the page has its own banner; axe counts a second one.
    <header role="none">
      {(author ?? settings.avatar) && <Avatar author={author ?? settings} />}
      <div>
        <h2 dir="auto">{title}</h2>
        <p dir="auto">{author?.name ? strings.answers(author.name) : settings.team || strings.subtitle}</p>
      </div>
      {/* What it does is stored or sent. */}
      {!host.gate && (
        <button type="button" class="plain" aria-label={strings.menu} onClick={() => import('../more/more').then(({ more }) => more(), () => notify(strings.trouble))}>
          <Icon name="dots" />
        </button>
      )}
      <button type="button" class="plain" aria-label={strings.close} onClick={() => host.show(false)}>
        <Icon name="close" />
      </button>
    </header>
  );
}
