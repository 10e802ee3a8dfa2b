import { address, looks, said } from './page';
import type { Page } from './wire';

/** Takes the page's own word for where the visitor is, as long as the address is this one, and tells who watches at once. */
export function report(page: Partial<Page>): void {
  said[address()] = page;
  for (const look of looks) look();
}
