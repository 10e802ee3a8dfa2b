import type { Host } from '../loader/host';
import { Session } from './session';
import { Keep } from './storage';

/** See https://wicg.github.io/nav-speculation/prerendering.html. */
interface Prepared extends Document {
  readonly prerendering?: boolean;
}

export function keepOf(host: Host): Keep {
  return (host.keep ??= new Keep(host.settings.site));
}

/** Connects to the gateway; called again, it gives the same session. */
export function start(host: Host): Session {
  // While this was loaded the page may have destroyed the chat.
  host.life.signal.throwIfAborted();
  if (host.session) {
    // The window was opened, or closed.
    host.look?.();
    return host.session;
  }
  const made = new Session(`${host.base}v1/${host.settings.site}/`, keepOf(host), host.language, (code) => {
    // Should it not load, the next link asks for it again.
    import('./identity').then(({ another }) => another(host, code), () => undefined);
  });
  host.session = made;
  host.look = () => {
    host.badge(made.unread);
    // Should it not load, the badge says enough; the window says more.
    if (made.unread && (host.launcher.getAttribute('aria-expanded') !== 'true' || !document.hasFocus())) import('./attention/attention').then(({ attend }) => attend(host, made), () => undefined);
  };
  made.subscribe(host.look);
  host.began?.(made);
  host.life.signal.addEventListener('abort', () => made.end());
  const begin = (): unknown => (host.before ? host.before().then(() => made.start()) : made.start());
  // A page that the browser only prepares may never be looked at: it connects nobody.
  if (!(document as Prepared).prerendering) begin();
  else document.addEventListener('prerenderingchange', begin, host.life);
  return made;
}
