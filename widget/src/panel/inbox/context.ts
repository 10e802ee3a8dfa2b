import { useState } from 'preact/hooks';
import { usePanel } from '../context';
import type { Row } from './row';
import { Figures } from './figures';
import type { InboxStrings } from '../i18n/inbox.strings';

const figures = new Map<string, Figures>();

/** What the inbox says, and how it writes numbers. */
export function useWords(): { readonly words: InboxStrings; readonly figures: Figures } {
  const { strings, formats: { tag } } = usePanel();
  const known = figures.get(tag) ?? new Figures(tag);
  figures.set(tag, known);
  return { words: strings.inbox, figures: known };
}

/** Who is signed in. Another operator gets another inbox, so it is the same for as long as this one is drawn. */
export function useMe(): string {
  const { sessions: { state } } = usePanel();
  const [me] = useState(state.state === 'in' ? state.session.operator : '');
  return me;
}

/** What a contact is called; a name of blanks would leave nothing to press. */
export function called({ name, number }: Pick<Row, 'name' | 'number'>, words: InboxStrings): string {
  return /[^\s\p{Cf}\p{Cc}]/u.test(name) ? name : words.nameless(number);
}
