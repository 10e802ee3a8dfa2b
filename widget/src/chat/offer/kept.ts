import { useState } from 'preact/hooks';
import { ofTab } from '../storage';
import { useChat } from '../ui/context';
import type { Item } from '../ui/view';
import type { Question } from './offers';

/** What this tab has of a question that is half answered. */
interface Kept {
  readonly id: string;
  readonly value: string;
}

function kept(site: string): Partial<Kept> {
  try {
    return Object(JSON.parse(ofTab(site, 'ask'))) as Partial<Kept>;
  } catch {
    return {};
  }
}

/** What is half answered is the tab's, and stays over a reload. */
export function useKept({ id }: Question): [string, (value: string) => void] {
  const { site } = useChat().host.settings;
  const [value, setValue] = useState(() => {
    const was = kept(site);
    return was.id === id ? String(was.value) : '';
  });
  // On a change only: a question that is drawn while a newer one is still on its way takes nothing from that one.
  const change = (now: string): void => {
    setValue(now);
    ofTab(site, 'ask', now && JSON.stringify({ id, value: now }));
  };
  return [value, change];
}

/**
 * A question that does not wait any more was answered, here or in another tab, or somebody else spoke: the tab
 * is not to keep it. Returns what was half answered if the visitor has said nothing since.
 */
export function forgetAnswered(site: string, items: readonly Item[], open: Question | undefined): { readonly item: Item; readonly value: string } | undefined {
  const { id, value } = kept(site);
  const at = items.findIndex((i) => i.id === id);
  const item = items[at];
  if (!id || !item || id === open?.id) return undefined;
  ofTab(site, 'ask', '');
  return items.slice(at).some(({ own }) => own) ? undefined : { item, value: String(value) };
}
