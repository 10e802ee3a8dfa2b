import { usePanel } from '../context';
import type { FigureStrings } from '../i18n/inbox.strings';
import { ApiProblem } from '../problem';
import { useAsked } from './Later';
import type { Answer } from './Later';

/** What deals and figures say, in the panel's language; loaded on first use. */
export function useMoreWords(): Answer<FigureStrings> {
  const { strings } = usePanel();
  return useAsked(async () => {
    try {
      return (strings.tag === 'ru' ? await import('../i18n/ru.figures') : await import('../i18n/en.figures')).figures;
    } catch {
      throw new ApiProblem('offline', 0);
    }
  }, [strings.tag]);
}
