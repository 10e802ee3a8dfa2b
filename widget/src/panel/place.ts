/** What the page's address says. Nothing of it proves who somebody is. */
export interface Place {
  /** The bridge's public URL, with a slash at its end. */
  readonly base: string;
  readonly site: string;
  /** A one-time link's secret. */
  readonly link: string | undefined;
  /** Whom the link signs in, as it says itself. */
  readonly as: string | undefined;
  readonly contact: string | undefined;
  /** The room that the client shows the panel beside, and who is signed in there. */
  readonly room: string | undefined;
  readonly user: string | undefined;
  readonly theme: string | undefined;
  readonly language: string | undefined;
  /** The client around the panel; undefined on a page of its own. */
  readonly widget: { readonly id: string; readonly origin: string } | undefined;
}

/** Reads an address of the form …/panel/{site}?query#fragment. */
export function readPlace(address: string, embedded: boolean): Place {
  const url = new URL(address);
  const path = /^(.*\/)panel\/([^/]+)\/?$/.exec(url.pathname);
  const fragment = new URLSearchParams(url.hash.slice(1));
  const said = (name: string): string | undefined => filled(url.searchParams.get(name)) ?? filled(fragment.get(name));
  return {
    base: url.origin + (path?.[1] ?? '/'),
    site: decoded(path?.[2] ?? ''),
    // Only from the fragment, which no server sees.
    link: filled(fragment.get('link')),
    as: filled(fragment.get('as')),
    contact: said('contact'),
    room: said('room'),
    user: said('user'),
    theme: said('theme'),
    language: said('lang'),
    widget: embedded ? widgetOf(said('widgetId'), said('parentUrl')) : undefined,
  };
}

/** The address without the one-time link, which must not stay in the bar, the history or a bookmark. */
export function withoutLink(address: string): string {
  const url = new URL(address);
  const fragment = new URLSearchParams(url.hash.slice(1));
  fragment.delete('link');
  fragment.delete('as');
  url.hash = fragment.toString();
  return url.href;
}

/** A client that does not know a variable leaves it as it is written. */
function filled(text: string | null): string | undefined {
  return text && !text.startsWith('$') ? text : undefined;
}

function widgetOf(id: string | undefined, parent: string | undefined): Place['widget'] {
  if (!id || !parent) return undefined;
  try {
    const { protocol, host, origin } = new URL(parent);
    // The desktop client's page has a scheme of its own, of which URL makes no origin.
    return { id, origin: origin === 'null' ? `${protocol}//${host}` : origin };
  } catch {
    return undefined;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
