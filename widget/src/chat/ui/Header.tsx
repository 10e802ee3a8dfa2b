import { h } from 'preact';
import type { VNode } from 'preact';
import type { Item } from './view';
import { Avatar, useName } from './Avatar';
import { useChat } from './context';
import { Icon } from './icons';

/** The window's head: who answers, and the way out. */
export function Header({ title, items }: { readonly title: string; readonly items: readonly Item[] }): VNode {
  const { strings, host } = useChat();
  const nameOf = useName();
  // Whoever spoke last, for the bot has its own turns.
  const last = items.findLast((i) => i.author.party !== 'visitor')?.author;
  const author = last?.party === 'operator' ? last : undefined;
  return (
    // role: the page has its own banner; axe counts a second one.
    <header role="none">
      {author && <Avatar author={author} name={nameOf(author)} />}
      <div>
        <h2 dir="auto">{title}</h2>
        <p dir="auto">{author?.name ? strings.answers(author.name) : strings.subtitle}</p>
      </div>
      <button type="button" class="plain" aria-label={strings.close} onClick={() => host.show(false)}>
        <Icon name="close" />
      </button>
    </header>
  );
}
