/** Numbers and spans, as people of a language write them, beside what Formats has. */
export class Figures {
  readonly #language: string;
  readonly #plurals: Intl.PluralRules;
  readonly #count: Intl.NumberFormat;
  readonly #share: Intl.NumberFormat;
  readonly #hour: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #units = new Map<string, Intl.NumberFormat>();

  constructor(language: string) {
    this.#language = language;
    this.#plurals = new Intl.PluralRules(language);
    this.#count = new Intl.NumberFormat(language);
    this.#share = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
    // "9 AM" says that it is an hour; "9" would not.
    const { hour12 } = new Intl.DateTimeFormat(language, { hour: 'numeric' }).resolvedOptions();
    this.#hour = new Intl.DateTimeFormat(language, hour12 ? { hour: 'numeric' } : { hour: '2-digit', minute: '2-digit' });
    // A day of the site's, not of the reader's: no time zone moves it.
    this.#day = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  }

  number(n: number): string {
    return this.#count.format(n);
  }

  percent(share: number): string {
    return this.#share.format(share);
  }

  /** With one digit behind the point. */
  average(n: number): string {
    return n.toLocaleString(this.#language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  /** The form that goes with a number: "1 dialog", "5 dialogs". */
  plural(n: number, forms: Forms): string {
    return (forms[this.#plurals.select(n)] ?? forms.other).replace('#', this.number(n));
  }

  /** In the two largest units, "2 h 5 min"; what is shorter than a minute in seconds. */
  span(seconds: number): string {
    const s = Math.max(0, Math.round(seconds));
    const m = Math.floor(s / 60);
    const h = Math.floor(m / 60);
    if (s < 60) return this.#unit(s, 'second');
    if (m < 60) return this.#unit(m, 'minute');
    if (h < 24) return this.#two(h, 'hour', m % 60, 'minute');
    return this.#two(Math.floor(h / 24), 'day', h % 24, 'hour');
  }

  /** As span, with the seconds of what is shorter than an hour. */
  exact(seconds: number): string {
    const s = Math.max(0, Math.round(seconds));
    return s < 60 || s >= 3600 ? this.span(s) : this.#two(Math.floor(s / 60), 'minute', s % 60, 'second');
  }

  #two(a: number, large: string, b: number, small: string): string {
    return b ? `${this.#unit(a, large)} ${this.#unit(b, small)}` : this.#unit(a, large);
  }

  #unit(n: number, unit: string): string {
    const format = this.#units.get(unit) ?? new Intl.NumberFormat(this.#language, { style: 'unit', unit, unitDisplay: 'short' });
    this.#units.set(unit, format);
    return format.format(n);
  }

  /** A day as the API writes it, "2026-11-27". */
  day(day: string): string {
    const at = new Date(`${day.slice(0, 10)}T00:00:00Z`);
    return Number.isNaN(at.getTime()) ? day : this.#day.format(at);
  }

  /** A full hour, "9 AM" or "09:00". */
  hour(hour: number): string {
    return this.#hour.format(new Date(2026, 0, 1, hour));
  }
}

/** A sentence's forms by Intl.PluralRules, with "#" for the number. */
export type Forms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };
