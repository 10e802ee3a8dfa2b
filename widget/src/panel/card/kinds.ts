import { safeURL } from '../ui/Link';

/** What a variable's value is. The bridge keeps texts; the kind is how one is shown and typed. */
export type Kind = 'text' | 'number' | 'yesno' | 'date' | 'link';

export const kinds: readonly Kind[] = ['text', 'number', 'yesno', 'date', 'link'];

const numeric = /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/;
const day = /^\d{4}-\d\d-\d\d$/;

/** Guesses; a number with zeros before it, or too long to be one, is a text, as an article's or a phone's. */
export function kindOf(value: string): Kind {
  if (value === 'true' || value === 'false') return 'yesno';
  if (numeric.test(value)) return 'number';
  if (day.test(value) && !Number.isNaN(Date.parse(value))) return 'date';
  return /^https?:\/\//i.test(value) && safeURL(value) ? 'link' : 'text';
}

/** What is kept of what was typed; undefined where it is not of the kind. */
export function valueOf(kind: Kind, typed: string): string | undefined {
  const text = typed.trim();
  switch (kind) {
    case 'number': {
      const plain = plainNumber(text);
      return plain !== undefined && numeric.test(plain) ? plain : undefined;
    }
    case 'yesno':
      return text === 'true' || text === 'false' ? text : undefined;
    case 'date':
      return kindOf(text) === 'date' ? text : undefined;
    case 'link': {
      const whole = /^[a-z][a-z+.-]*:/i.test(text) ? text : `https://${text}`;
      return text && safeURL(whole) ? whole : undefined;
    }
    case 'text':
      return text || undefined;
  }
}

/** "1 200,50" as "1200.50"; undefined for what is no number, and for "1,200", which is one number in England and another in Germany. */
export function plainNumber(typed: string): string | undefined {
  if (/^\D?[1-9]\d{0,2},\d{3}$/.test(typed.trim())) return undefined;
  const text = typed.replaceAll(/[\s\u00A0\u202F'’]/g, '').replace(',', '.').replace(/^−/, '-');
  return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined;
}
