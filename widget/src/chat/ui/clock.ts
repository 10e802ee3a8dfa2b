import type { Strings } from '../../i18n/strings';

const clocks: Record<string, Intl.DateTimeFormat> = {};

/** The browser's variant of the window's language, which knows 12 or 24 hours. */
export function localeOf({ tag }: Strings): string {
  return navigator.languages.find((l) => l.startsWith(tag)) ?? tag;
}

/** Hour and minute. Kept, since making one takes longer than drawing a message, and the first one in a page as long as drawing the window. */
export function clock(strings: Strings): Intl.DateTimeFormat {
  const locale = localeOf(strings);
  return (clocks[locale] ??= new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }));
}
