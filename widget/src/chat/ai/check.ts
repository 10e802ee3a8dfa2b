import type { Source } from '../entry';

interface Checked {
  readonly sources: readonly Source[];
  readonly interrupted: boolean;
}

/** What came with an entry of a model, as far as it has the form that this widget knows. */
export function checked(ai: unknown): Checked {
  const { sources, interrupted } = fields(ai);
  return { sources: Array.isArray(sources) ? sources.filter(isSource) : [], interrupted: interrupted === true };
}

function isSource(value: unknown): value is Source {
  const { title, url } = fields(value);
  return typeof title === 'string' && title !== '' && (url === undefined || typeof url === 'string');
}

function fields(value: unknown): Readonly<Partial<Record<'sources' | 'interrupted' | 'title' | 'url', unknown>>> {
  return typeof value === 'object' && value !== null ? value : {};
}
