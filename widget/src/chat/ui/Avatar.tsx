import { h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Author } from '../entry';
import { useChat } from './context';

/** The picture of an operator, or of the site, or the first letter of the name where there is none. */
export function Avatar({ author }: { readonly author: Partial<Author> }): VNode {
  const { host } = useChat();
  const name = useName()(author);
  const [broken, setBroken] = useState<string>();
  return (
    <span class="avatar" aria-hidden="true">
      {author.avatar && author.avatar !== broken ? (
        <img src={new URL(author.avatar, host.base).href} alt="" onError={() => setBroken(author.avatar)} />
      ) : (
        [...name][0]?.toUpperCase()
      )}
    </span>
  );
}

/** The name to show for an author. */
export function useName(): (author: Partial<Author>) => string {
  const { strings } = useChat();
  return ({ party, name }) =>
    party === 'visitor' ? strings.you : name || (party === 'bot' ? strings.bot : strings.operator);
}
