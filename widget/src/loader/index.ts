import { launch } from './launcher';
import type { Anteroom } from './launcher';
import { settings } from './settings';

const page = window as { Anteroom?: Partial<Anteroom> };
// A page may hold the tag twice, or run it again with each body that it puts in. Other
// attributes of the tag (nonce, defer) do not matter; what adds it later has no currentScript.
if (!page.Anteroom?.toggle) {
  page.Anteroom = launch(((document.currentScript ?? document.querySelector(`script[src*="/widget/${settings.site}.js"]`)) as HTMLScriptElement).src);
}
