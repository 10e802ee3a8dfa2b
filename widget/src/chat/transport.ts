import type { Host } from '../loader/host';
import { watchPage } from './page';
import { Session } from './session';

/** The page has one widget, and so one session. */
let session: Session | undefined;

/** Connects to the gateway; called again, it gives the same session. */
export function start(host: Host): Session {
  if (session) return session;
  const made = new Session(`${host.base}v1/${host.settings.site}/`, host.settings.site, host.language);
  session = made;
  made.subscribe(() => host.badge(made.unread));
  watchPage(() => made.page());
  made.start();
  return made;
}
