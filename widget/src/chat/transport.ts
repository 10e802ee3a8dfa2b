import type { Host } from '../loader/host';
import { watchPage } from './page';
import { Session } from './session';
import { Keep } from './storage';

/** The page has one widget, and so one session at a time. */
export const now: {
  keep?: Keep;
  session?: Session;
  /** What has to happen before a session connects; calls.ts sets it. */
  before?: () => Promise<unknown>;
} = {};

watchPage(() => now.session?.page());

export function keepOf({ settings }: Host): Keep {
  return (now.keep ??= new Keep(settings.site));
}

/** Connects to the gateway; called again, it gives the same session. */
export function start(host: Host): Session {
  if (now.session) return now.session;
  const made = new Session(`${host.base}v1/${host.settings.site}/`, keepOf(host), spoken(host), (code) => {
    void import('./calls').then(({ another }) => another(host, code));
  });
  now.session = made;
  made.subscribe(() => {
    host.badge(made.unread);
    // Should it not load, the badge says enough.
    if (made.unread) import('./preview/preview').then(({ preview }) => preview(host, made), () => undefined);
  });
  if (now.before) void now.before().then(() => made.start());
  else made.start();
  return made;
}

/**
 * The language in which the bot is to speak: the window's own, in the browser's or the
 * page's variant. A visitor for whom the window had to fall back to English is spoken
 * to as the page is, for the bot may know that language.
 */
function spoken({ language, settings }: Host): string {
  const page = document.documentElement.lang;
  const ours = [...navigator.languages, page, settings.language ?? ''].find((tag) => tag.slice(0, 2).toLowerCase() === language);
  return ours ?? (page || navigator.language || language);
}
