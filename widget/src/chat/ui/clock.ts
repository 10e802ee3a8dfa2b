import type { Strings } from '../../i18n/strings';
import { ownTask } from './task';

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

/**
 * Makes the clock bit by bit, with nothing drawn between, so that no task is long: Chromium reads at first
 * which script a language is written in, then what is usual in a country, and then the rest.
 */
export async function makeClock(strings: Strings): Promise<void> {
  const locale = new Intl.Locale(localeOf(strings)) as Intl.Locale & { getHourCycles?: () => string[] };
  locale.maximize();
  await ownTask();
  locale.getHourCycles?.();
  await ownTask();
  clock(strings);
  await ownTask();
}
