/** The text without white space around it; '' if it shows nothing, by the rule of the bridge's `plain.Blank`. */
export const trimmed = (text: string): string => text.replace(/^[\s\p{DI}\p{Cc}\u2800]+$/u, '').trim();
