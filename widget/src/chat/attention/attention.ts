import type { Host } from '../../loader/host';
import { newestUnread, preview } from '../preview/preview';
import type { Session } from '../session';
import { arm, mayRing, ring } from './bell';
import { inOneTab } from './claim';
import { near } from './near';
import { grace, pause } from './pause';
import { entitle } from './title';
import { wishes } from './wish';

/** The session that is attended to: one that has ended has nothing to say. */
let attended: Session | undefined;

/** From now on, tells of what comes while nobody looks: beside the launcher, in the tab's title, by a sound, by the system if the visitor wants that. */
export function attend(host: Host, session: Session): void {
  // It may have ended while this was loaded.
  if (attended === session || session.life.signal.aborted) return;
  attended = session;
  const words = near(host);
  const { site, quiet, notify } = host.settings;
  const key = `anteroom.${site}`;
  /** When the newest message came that was told of. */
  let told = 0;

  const look = (): void => {
    if (attended !== session) return;
    const { unread } = session;
    entitle(document.hidden ? unread : 0, words);
    const at = newestUnread(session.state)?.at ?? 0;
    if (at <= told) return;
    told = at;
    if (isLooking(host)) return;
    void call(at);
    // Should it not load, the title and the sound have told of it.
    if (notify !== 'off' && wishes(site, 'notified')) import('./notice').then(({ tell }) => tell(host, session, at), () => undefined);
  };
  const call = async (at: number): Promise<void> => {
    if (quiet || wishes(site, 'muted') || !mayRing()) return;
    await pause(grace);
    // It may be read, or have been removed.
    if (attended !== session || !newestUnread(session.state) || isLooking(host)) return;
    await inOneTab(`${key}.rung`, at, ring);
  };

  preview(host, session);
  session.subscribe(look);
  document.addEventListener('visibilitychange', look, session.life);
  // A page that is left while it is hidden goes into the history under its own name.
  const calm = (): void => entitle(0, words);
  addEventListener('pagehide', calm, session.life);
  session.life.signal.addEventListener('abort', calm);
  // Phones and headsets wake their sound devices for it.
  if (!quiet) arm(session.life.signal, () => !wishes(site, 'muted'));
  look();
}

/** Whether somebody sees what comes into the window. */
function isLooking({ launcher }: Host): boolean {
  return launcher.getAttribute('aria-expanded') === 'true' && !document.hidden && document.hasFocus();
}
