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
  /** Shows beside the launcher, or in it, what is not read. */
  look?: () => void;
} = {};

watchPage(() => now.session?.page());

export function keepOf({ settings }: Host): Keep {
  return (now.keep ??= new Keep(settings.site));
}

/** Connects to the gateway; called again, it gives the same session. */
export function start(host: Host): Session {
  if (now.session) {
    // The window was opened, or closed.
    now.look?.();
    return now.session;
  }
  const made = new Session(`${host.base}v1/${host.settings.site}/`, keepOf(host), host.language, (code) => {
    void import('./calls').then(({ another }) => another(host, code));
  });
  now.session = made;
  now.look = () => {
    host.badge(made.unread);
    // Should it not load, the badge says enough; the window says more.
    if (made.unread && (host.launcher.ariaExpanded !== 'true' || !document.hasFocus())) import('./attention/attention').then(({ attend }) => attend(host, made), () => undefined);
  };
  made.subscribe(now.look);
  if (now.before) void now.before().then(() => made.start());
  else made.start();
  return made;
}
