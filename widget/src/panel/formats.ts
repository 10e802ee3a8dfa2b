import type { Amount } from './forms';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * The language as the person's browser has it: en-GB for en, where that is among
 * the browser's languages, so that hours and days are written as they are used to.
 */
export function variantOf(language: string, known: readonly string[]): string {
  // A browser may say what is no tag, such as en-US@posix.
  return known.find((tag) => RegExp(`^${language}(-[a-z\\d]{2,8})+$`, 'i').test(tag)) ?? language;
}

/** Times and numbers as people of a language write them, in the browser's own time zone. */
export class Formats {
  /** The language's tag, with its variant. */
  readonly tag: string;
  readonly #time: Intl.DateTimeFormat;
  readonly #date: Intl.DateTimeFormat;
  readonly #dateYear: Intl.DateTimeFormat;
  readonly #full: Intl.DateTimeFormat;
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #names: Partial<Record<'language' | 'region', Intl.DisplayNames>> = {};

  constructor(language: string) {
    this.tag = language;
    this.#time = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' });
    this.#date = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
    this.#dateYear = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' });
    this.#full = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
    this.#relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' });
  }

  /** Day and time. */
  full(at: string): string {
    return this.#full.format(new Date(at));
  }

  /** As short as it can be told apart: the time of today, the day of this year, the date. */
  short(at: string, now: number): string {
    const when = new Date(at);
    const today = new Date(now);
    if (when.toDateString() === today.toDateString()) return this.#time.format(when);
    return (when.getFullYear() === today.getFullYear() ? this.#date : this.#dateYear).format(when);
  }

  date(at: string): string {
    return this.#dateYear.format(new Date(at));
  }

  /** "5 min. ago"; from a week on the date. */
  ago(at: string, now: number): string {
    const past = Math.max(0, now - Date.parse(at));
    if (past < minute) return this.#relative.format(0, 'second');
    if (past < hour) return this.#relative.format(-Math.floor(past / minute), 'minute');
    if (past < day) return this.#relative.format(-Math.floor(past / hour), 'hour');
    if (past < 7 * day) return this.#relative.format(-Math.floor(past / day), 'day');
    return this.date(at);
  }

  /** A span of milliseconds as its largest unit: "4 min". */
  span(ms: number): string {
    const [value, unit] = ms < minute ? [Math.floor(ms / 1000), 'second'] : ms < hour ? [Math.floor(ms / minute), 'minute'] : ms < day ? [Math.floor(ms / hour), 'hour'] : [Math.floor(ms / day), 'day'];
    return this.number(Math.max(0, value), { style: 'unit', unit, unitDisplay: 'short' });
  }

  number(value: number, options?: Intl.NumberFormatOptions): string {
    return new Intl.NumberFormat(this.tag, options).format(value);
  }

  /** Whole amounts go without their fraction. A currency that the browser does not know stands behind the number. */
  money({ value, currency }: Amount): string {
    const number = Number(value);
    if (!Number.isFinite(number)) return `${value} ${currency ?? ''}`.trim();
    const digits = Number.isInteger(number) ? { minimumFractionDigits: 0 } : {};
    try {
      return this.number(number, currency ? { style: 'currency', currency, ...digits } : digits);
    } catch {
      return `${this.number(number)} ${currency}`;
    }
  }

  /** The language's or country's name; what has none stays a code. */
  name(type: 'language' | 'region', code: string): string {
    try {
      return (this.#names[type] ??= new Intl.DisplayNames(this.tag, { type, fallback: 'code' })).of(code) ?? code;
    } catch {
      return code;
    }
  }
}
