/** The browser's own variant of a language, which knows 12 or 24 hours, or the language itself. */
export const variantOf = (language: string): string => navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
