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

/** How many tasks makeClock needs. */
export const clockParts = 3;

/**
 * Makes the clock bit by bit, by the numbers from 1 to clockParts, so that none is long: Chromium reads at first
 * which script a language is written in, then what is usual in a country, and then the rest.
 */
export function makeClock(strings: Strings, part: number): void {
  const locale = new Intl.Locale(localeOf(strings)) as Intl.Locale & { getHourCycles?: () => string[] };
  if (part === 1) locale.maximize();
  if (part === 2) locale.getHourCycles?.();
  if (part === 3) clock(strings);
}
