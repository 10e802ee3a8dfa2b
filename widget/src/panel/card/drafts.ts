import { useLayoutEffect, useState } from 'preact/hooks';

/** What is being typed, also while its field is out of sight, by a name. */
const drafts = new Map<string, unknown>();

/** Draw again what shows drafts. */
const shown = new Set<(anew: object) => void>();

/** What is typed under the name now. */
export function draftOf(name: string): unknown {
  return drafts.get(name);
}

/** What is typed under the name, and how it is changed or, with nothing, ended: also when what drew it is gone, as by an answer that comes late. */
export function useDraft<T>(name: string): readonly [T | undefined, (to?: T) => void] {
  const [, draw] = useState({});
  useLayoutEffect(() => {
    shown.add(draw);
    return () => shown.delete(draw);
  }, []);
  const draft = draftOf(name) as T | undefined;
  return [
    draft,
    (to) => {
      if (to) drafts.set(name, to);
      // What was typed since is not what was saved.
      else if (draftOf(name) === draft) drafts.delete(name);
      for (const each of shown) each({});
    },
  ];
}

/** Forgets all that was typed: it is not the next operator's. */
export function forgetDrafts(): void {
  drafts.clear();
}
