import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { pieces, safeURL } from './links';

/** Tags that are shown as they are, without any attribute. */
const plain = new Set(
  'b strong i em u s del code pre p br ul ol li blockquote sub sup hr table thead tbody tr th td'.split(' '),
);
/** Tags that are left out with all that is in them. */
const hidden = new Set(['script', 'style', 'template', 'mx-reply', 'title', 'svg', 'math']);

interface Policy {
  createHTML(html: string): string;
}
let policy: Policy | undefined;

/**
 * Draws an operator's formatted text: the gateway has sanitised it, and yet
 * only nodes made here, of tags named here, reach the page. Undefined where
 * the page's policy forbids to parse; the plain text is shown then.
 */
export function rich(html: string, rare: Rare): ComponentChildren {
  try {
    // The page may demand Trusted Types; what is parsed here never gets into a document as it is.
    const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
    policy ??= trustedTypes?.createPolicy('anteroom', { createHTML: (text) => text });
    return children(new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html').body, rare);
  } catch {
    return undefined;
  }
}

function children(node: Node, rare: Rare): ComponentChildren {
  return [...node.childNodes].map((child) => build(child, rare));
}

function build(node: Node, rare: Rare): ComponentChildren {
  if (node.nodeType === Node.TEXT_NODE) return linked(node.textContent ?? '');
  if (!(node instanceof Element)) return null;
  const tag = node.localName;
  if (hidden.has(tag)) return null;
  if (tag === 'a') {
    const href = safeURL(node.getAttribute('href') ?? '');
    return href ? link(href, [...node.childNodes].map((n) => n.textContent)) : children(node, rare);
  }
  if (/^h[1-6]$/.test(tag)) return (
      <p>
        <strong>{children(node, rare)}</strong>
      </p>
    );
  if (node.hasAttribute('data-spoiler')) return <Spoiler rare={rare}>{children(node, rare)}</Spoiler>;
  if (!plain.has(tag)) return children(node, rare);
  const start = tag === 'ol' ? Number(node.getAttribute('start')) : 0;
  return h(tag, start ? { start } : {}, children(node, rare));
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
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {content}
    </a>
  );
}
