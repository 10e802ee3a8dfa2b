import words from '../../i18n/near.json';
import type { Host, Near } from '../../loader/host';

const built: Readonly<Record<string, Near>> = words;

/** What is said of messages while the window is closed; no chunk of the language is needed for it. */
export const near = ({ language, settings }: Host): Near => settings.near ?? built[language] ?? words.en;
