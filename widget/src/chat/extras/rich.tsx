import { h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
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
export function rich(html: string): ComponentChildren {
  try {
    // The page may demand Trusted Types; what is parsed here never gets into a document as it is.
    const { trustedTypes } = window as { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } };
    policy ??= trustedTypes?.createPolicy('anteroom', { createHTML: (text) => text });
    return children(new DOMParser().parseFromString(policy ? policy.createHTML(html) : html, 'text/html').body);
  } catch {
    return undefined;
  }
}

function children(node: Node): ComponentChildren {
  return [...node.childNodes].map(build);
}

function build(node: Node): ComponentChildren {
  if (node.nodeType === Node.TEXT_NODE) return linked(node.textContent ?? '');
  if (!(node instanceof Element)) return null;
  const tag = node.localName;
  if (hidden.has(tag)) return null;
  if (tag === 'a') {
    const href = safeURL(node.getAttribute('href') ?? '');
    return href ? link(href, [...node.childNodes].map((n) => n.textContent)) : children(node);
  }
  if (/^h[1-6]$/.test(tag)) return (
      <p>
        <strong>{children(node)}</strong>
      </p>
    );
  if (!plain.has(tag)) return children(node);
  const start = tag === 'ol' ? Number(node.getAttribute('start')) : 0;
  return h(tag, start ? { start } : {}, children(node));
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
