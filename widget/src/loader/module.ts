import { launch } from './launcher';
import type { Anteroom } from './launcher';

/** Puts the chat's button into the page, once; called again, it gives the same chat. */
export function mount(): Anteroom {
  const page = window as { Anteroom?: Anteroom };
  return (page.Anteroom ??= launch(import.meta.url));
}
