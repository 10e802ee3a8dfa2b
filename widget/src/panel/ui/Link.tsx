import { h } from 'preact';
import type { VNode } from 'preact';
import { usePanel } from '../context';
import { Fold } from './Fold';

/** How much of an address is shown, and of a title at first. */
const shown = 70;
const shownTitle = 100;

/** The address, if it is one that a browser may safely open; else undefined. */
export function safeURL(text: string): URL | undefined {
  try {
    const url = new URL(text);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An address that a visitor's browser or a program gave: a link only where it is
 * of the web, opened apart, and told nothing of this page. Its words are the
 * address itself unless there is a title, and then the host stands beside it,
 * because a title can say anything.
 */
export function Link({ url, title }: { readonly url: string; readonly title?: string }): VNode {
  const { strings } = usePanel();
  const safe = safeURL(url);
  if (!safe) return <bdi class="text">{title || url}</bdi>;
  const address = short(safe);
  const link = (words: string): VNode => (
    <a class="link" href={safe.href} title={safe.href} target="_blank" rel="noopener noreferrer nofollow">
      <bdi>{words}</bdi>
      {title && <bdi class="address">{address}</bdi>}
      <span class="sr"> ({strings.newTab})</span>
    </a>
  );
  return title ? <Fold text={title} most={shownTitle}>{link}</Fold> : link(address);
}

/** Host and path as people read them. */
function short(url: URL): string {
  const path = readable(url.pathname + url.search);
  const text = url.host + (path === '/' ? '' : path);
  return text.length > shown ? `${text.slice(0, shown)}…` : text;
}

/** Without the escapes of letters, where they are well formed. */
function readable(path: string): string {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
