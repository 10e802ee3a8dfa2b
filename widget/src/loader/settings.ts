import type { Settings } from './host';

/** The gateway puts the site's settings in the place of this name, see vite.config.ts. */
declare const __ANTEROOM_SETTINGS__: Settings;

export const settings = __ANTEROOM_SETTINGS__;
