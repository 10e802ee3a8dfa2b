/** A piece of plain text, or of it a link. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

// An address by mail begins where its letters do: tried from each of them, a long text would take minutes.
const candidate = /\b(?:https?:\/\/|mailto:)[^\s<>"]+|(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;

/** Finds web and mail addresses in plain text; nothing else ever becomes a link. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(candidate)) {
    const address = trimmed(match[0]);
    const href = safeURL(address.includes(':') ? address : `mailto:${address}`);
    if (!href) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: address, href });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/** The address without the sentence's punctuation behind it; a bracket stays if it was opened inside. */
function trimmed(address: string): string {
  const unopened = (close: string, open: string): number => address.split(close).length - address.split(open).length;
  const extra = new Map([
    [')', unopened(')', '(')],
    [']', unopened(']', '[')],
  ]);
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1] ?? '';
    if (/[.,:;!?'»”…]/u.test(last)) continue;
    const left = extra.get(last) ?? 0;
    if (left <= 0) break;
    extra.set(last, left - 1);
  }
  return address.slice(0, end);
}

/** The URL if it is one that a chat may link to: http, https, mailto or tel. */
export function safeURL(url: string): string | undefined {
  try {
    const { protocol, href } = new URL(url);
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}

/** How a link of the talk is opened: a page in a tab that knows nothing of this one; a number to call, or an address to write to, in none. */
export function opening(href: string): { readonly href: string; readonly rel: string; readonly target?: string } {
  return { href, ...(/^https?:/.test(href) && { target: '_blank' }), rel: 'noopener noreferrer nofollow' };
}
