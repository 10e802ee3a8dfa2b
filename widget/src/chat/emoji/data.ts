/** Emoji by group with the words that find them, English and Russian. */
export const groups: readonly (readonly (readonly [string, string])[])[] = [];
