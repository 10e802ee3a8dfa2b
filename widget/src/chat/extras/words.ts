import type { Rare } from '../../i18n/strings';
import { useChat } from '../ui/context';

/** The words of the parts here, which come with them. */
export const useRare = (): Rare => useChat().rare.value as Rare;
