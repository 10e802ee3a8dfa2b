const all = new Set<Map<string, unknown>>();

/** A place for what is being typed while its field is out of sight, by a name. */
export function draftsOf<T>(): Map<string, T> {
  const drafts = new Map<string, T>();
  all.add(drafts);
  return drafts;
}

/** Forgets all that was typed: it is not the next operator's. */
export function forgetDrafts(): void {
  for (const drafts of all) drafts.clear();
}
