import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { read, textOf } from './html';
import type { Tag } from './html';
import { opening, pieces, safeURL } from './links';

/** Tags that are shown as they are, without any attribute. */
const plain = new Set(
  'b strong i em u s del code pre p br ul ol li blockquote sub sup hr table thead tbody tr th td'.split(' '),
);
/** Tags that are left out with all that is in them. */
const hidden = new Set(['script', 'style', 'template', 'mx-reply', 'title', 'svg', 'math']);

/**
 * Draws an operator's formatted text: the gateway has sanitised it, and yet
 * only nodes made here, of tags named here, reach the page.
 */
export function rich(html: string, rare: Rare): ComponentChildren {
  return children(read(html), rare);
}

function children(nodes: readonly (Tag | string)[], rare: Rare): ComponentChildren {
  return nodes.map((child) => build(child, rare));
}

function build(node: Tag | string, rare: Rare): ComponentChildren {
  if (typeof node === 'string') return linked(node);
  const { name, attributes } = node;
  if (hidden.has(name)) return null;
  if (name === 'a') {
    const href = safeURL(attributes.get('href') ?? '');
    return href ? link(href, node.children.map(textOf)) : children(node.children, rare);
  }
  if (/^h[1-6]$/.test(name)) return (
      <p>
        <strong>{children(node.children, rare)}</strong>
      </p>
    );
  if (attributes.has('data-spoiler')) return <Spoiler rare={rare}>{children(node.children, rare)}</Spoiler>;
  if (!plain.has(name)) return children(node.children, rare);
  const start = name === 'ol' ? Number(attributes.get('start')) : 0;
  return h(name, start ? { start } : {}, children(node.children, rare));
}

interface SpoilerProps {
  readonly rare: Rare;
  readonly children: ComponentChildren;
}

/** Text that is hidden, from screen readers too, until the visitor wants to know. */
function Spoiler({ rare, children: text }: SpoilerProps): VNode {
  const [open, setOpen] = useState(false);
  const show = (): void => setOpen(true);
  // Shown, it stays focusable: a focus that vanished would jump to the top of the page.
  if (open) return <span tabIndex={-1}>{text}</span>;
  return (
    <span
      class="spoiler"
      role="button"
      tabIndex={0}
      aria-label={rare.spoiler}
      title={rare.spoiler}
      onClick={show}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        show();
      }}
    >
      <span inert>{text}</span>
    </span>
  );
}

/** Plain text with its addresses as links. */
export function linked(text: string): ComponentChildren {
  return pieces(text).map((piece) => (piece.href ? link(piece.href, piece.text) : piece.text));
}

function link(href: string, content: ComponentChildren): VNode {
  return (
    <a {...opening(href)}>
      {content}
    </a>
  );
}
