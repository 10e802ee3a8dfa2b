/** The refusals that trying again never changes: only another message or file helps. */
export const hopeless: ReadonlySet<string | undefined> = new Set(['bad_file_type', 'empty', 'too_large', 'too_long', 'unknown_target', 'unreadable']);
