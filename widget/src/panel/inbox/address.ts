import { fromText, toText } from './filter';
import type { Filter } from './filter';

/** The parts of the inbox. */
export type Part = 'dialogs' | 'deals' | 'figures';
export const parts: readonly Part[] = ['dialogs', 'deals', 'figures'];

/** What the inbox shows, as the page's address and the tab keep it. */
export interface Shown {
  readonly part: Part;
  readonly filter: Filter;
}

const own = ['part', 'view', 'sort', 'tag', 'words'] as const;

function shelf(site: string): string {
  return `anteroom.panel.inbox.${site}`;
}

/** What the address says, else what was shown last: a client takes the frame away with each change of room. */
export function readShown(site: string): Shown {
  const said = new URLSearchParams(location.hash.slice(1));
  if (own.some((key) => said.has(key))) return parse(said.toString());
  try {
    return parse(sessionStorage.getItem(shelf(site)) ?? '');
  } catch {
    return parse('');
  }
}

/** Parses what textOf wrote, and whatever else stands in an address. */
export function parse(text: string): Shown {
  const said = new URLSearchParams(text).get('part');
  return { part: parts.find((part) => part === said) ?? 'dialogs', filter: fromText(text) };
}

function textOf({ part, filter }: Shown): string {
  return [part === 'dialogs' ? '' : `part=${part}`, toText(filter)].filter(Boolean).join('&');
}

/**
 * Keeps what is shown. A step that people would go back from is one of the
 * browser's history, but not in a client's frame, whose own history it would fill.
 */
export function keepShown(site: string, shown: Shown, step: boolean): void {
  const text = textOf(shown);
  try {
    sessionStorage.setItem(shelf(site), text);
  } catch {
    // Without storage it is kept as long as the page.
  }
  const fragment = new URLSearchParams(location.hash.slice(1));
  for (const key of own) fragment.delete(key);
  const hash = [fragment.toString(), text].filter(Boolean).join('&');
  if (hash === location.hash.slice(1)) return;
  const url = location.pathname + location.search + (hash && `#${hash}`);
  // What the state says of the way back to the list is true of that entry only.
  if (step && window.parent === window) history.pushState(null, '', url);
  else history.replaceState(history.state, '', url);
}
