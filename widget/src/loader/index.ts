import { join } from './launcher';
import { settings } from './settings';

// Other attributes of the tag (nonce, defer) do not matter; what adds it later has no currentScript. In a page with
// HTML of others, <img name="currentScript"> stands there instead, and would name the host of all that is imported.
const { currentScript } = document;
const tag = currentScript instanceof HTMLScriptElement ? currentScript : document.querySelector<HTMLScriptElement>(`script[src*="/widget/${settings.site}.js"]`);
join(tag?.src ?? '');
