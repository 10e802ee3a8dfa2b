/** See Flow in bridge/gateway/wire. What comes is checked here, where it is drawn. */
export interface Told {
  readonly form?: Asked | undefined;
  readonly person: boolean;
  readonly called: boolean;
  readonly rate?: Rated | undefined;
  readonly channels: readonly Channel[];
}

export interface Asked {
  readonly id: string;
  readonly title?: string;
  readonly message?: boolean;
  readonly fields: readonly FieldAsked[];
}

export interface FieldAsked {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly required?: boolean;
  readonly max: number;
  readonly choices?: readonly string[];
}

export interface Rated {
  readonly closing: number;
  readonly of: number;
  readonly score?: number;
  readonly text?: string;
}

export interface Channel {
  readonly kind: string;
  readonly name: string;
  readonly url: string;
}

type Unknown = Readonly<Record<string, unknown>>;
const isText = (v: unknown): boolean => v === undefined || typeof v === 'string';

function isField(v: unknown): boolean {
  const { name, type, label, max, choices = [] } = Object(v) as Unknown;
  return typeof name === 'string' && typeof type === 'string' && isText(label) && typeof max === 'number' && Array.isArray(choices) && choices.every(isText);
}

function isForm(v: unknown): v is Asked {
  const { id, title, fields } = Object(v) as Unknown;
  return typeof id === 'string' && isText(title) && Array.isArray(fields) && fields.length > 0 && fields.every(isField);
}

function isRated(v: unknown): v is Rated {
  const { closing, of, score = 0, text } = Object(v) as Unknown;
  return Number.isSafeInteger(closing) && (of === 1 || of === 5) && Number.isSafeInteger(score) && isText(text);
}

function isChannel(v: unknown): v is Channel {
  const { kind, name, url } = Object(v) as Unknown;
  return typeof kind === 'string' && typeof name === 'string' && typeof url === 'string' && /^(https|mailto|tel):/.test(url);
}

/** What of it this widget knows. */
export function checked(told: object | undefined): Told {
  const { form, person, called, rate, channels } = Object(told) as Unknown;
  return {
    form: isForm(form) ? form : undefined,
    person: person === true,
    called: called === true,
    rate: isRated(rate) ? rate : undefined,
    channels: Array.isArray(channels) ? channels.filter(isChannel) : [],
  };
}
