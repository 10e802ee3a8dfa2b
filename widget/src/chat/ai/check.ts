import type { Original, Source } from '../entry';

interface Checked {
  readonly sources: readonly Source[];
  readonly interrupted: boolean;
}

/** What came with an entry of a model, as far as it has the form that this widget knows. */
export function checked(ai: unknown): Checked {
  const { sources, interrupted } = fields(ai);
  return { sources: Array.isArray(sources) ? sources.filter(isSource) : [], interrupted: interrupted === true };
}

/** What an operator wrote, of an entry that was translated; undefined if that is not told as this widget knows it. */
export function original(value: unknown): Original | undefined {
  const { text, html, lang, into } = fields(value);
  const isText = typeof text === 'string' && text !== '';
  if (!isText || typeof lang !== 'string' || typeof into !== 'string') return undefined;
  return { text, lang, into, ...(typeof html === 'string' && { html }) };
}

function isSource(value: unknown): value is Source {
  const { title, url } = fields(value);
  return typeof title === 'string' && title !== '' && (url === undefined || typeof url === 'string');
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
