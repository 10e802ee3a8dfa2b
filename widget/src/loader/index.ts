import { launch } from './launcher';
import type { Anteroom } from './launcher';

const page = window as { Anteroom?: Partial<Anteroom> };
// A page may hold the tag twice, or run it again with each body that it puts in.
if (!page.Anteroom?.toggle) page.Anteroom = launch();
