import { join } from './launcher';
import { settings } from './settings';

// Other attributes of the tag (nonce, defer) do not matter; what adds it later has no currentScript.
join(((document.currentScript ?? document.querySelector(`script[src*="/widget/${settings.site}.js"]`)) as HTMLScriptElement).src);
