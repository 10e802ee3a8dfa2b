import { useState } from 'preact/hooks';

const all = new Set<Map<string, unknown>>();

/** A place for what is being typed while its field is out of sight, by a name. */
export function draftsOf<T>(): Map<string, T> {
  const drafts = new Map<string, T>();
  all.add(drafts);
  return drafts;
}

/** What is typed under the name, and how it is changed or, with nothing, ended: also when what drew it is gone, as by an answer that comes late. */
export function useDraft<T>(drafts: Map<string, T>, name: string): readonly [T | undefined, (to?: T) => void] {
  const [draft, set] = useState(drafts.get(name));
  return [
    draft,
    (to) => {
      if (to) drafts.set(name, to);
      else drafts.delete(name);
      set(to);
    },
  ];
}

/** Forgets all that was typed: it is not the next operator's. */
export function forgetDrafts(): void {
  for (const drafts of all) drafts.clear();
}
