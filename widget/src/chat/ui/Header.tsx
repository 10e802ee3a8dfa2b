import { h } from 'preact';
import type { VNode } from 'preact';
import type { Item } from './view';
import { Avatar, useName } from './Avatar';
import { useChat } from './context';
import { Icon } from './icons';

/** For how long somebody who wrote last counts as answering, in milliseconds. */
const answering = 3_600_000;

/** The window's head: who answers, and the way out. */
export function Header({ title, items }: { readonly title: string; readonly items: readonly Item[] }): VNode {
  const { strings, host } = useChat();
  const nameOf = useName();
  // Whoever spoke last, unless that is long ago: the bot has its own turns, and a dialog an end.
  const last = items.findLast((i) => i.author.party !== 'visitor');
  const author = last?.author.party === 'operator' && Date.now() - last.at < answering ? last.author : undefined;
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
