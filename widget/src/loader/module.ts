import type { Anteroom } from './host';
import { join } from './launcher';

/** Puts the chat's button into the page, once; called again, it gives the same chat. */
export function mount(): Anteroom {
  return join(import.meta.url);
}
