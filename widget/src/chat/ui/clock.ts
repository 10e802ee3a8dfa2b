import type { Strings } from '../../i18n/strings';
import { variantOf } from '../variant';
import { ownTask } from './task';

const clocks: Record<string, Intl.DateTimeFormat> = {};

/** Hour and minute. Kept, since making one takes longer than drawing a message, and the first one in a page as long as drawing the window. */
export function clock({ tag }: Strings): Intl.DateTimeFormat {
  const locale = variantOf(tag);
  return (clocks[locale] ??= new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit' }));
}

/**
 * Makes the clock bit by bit, with nothing drawn between, so that no task is long: Chromium reads at first
 * which script a language is written in, then what is usual in a country, and then the rest.
 */
export async function makeClock(strings: Strings): Promise<void> {
  const locale = new Intl.Locale(variantOf(strings.tag)) as Intl.Locale & { getHourCycles?: () => string[] };
  locale.maximize();
  await ownTask();
  locale.getHourCycles?.();
  await ownTask();
  clock(strings);
  await ownTask();
}
