import type { Host } from '../../loader/host';
import type { Entry } from '../entry';
import { newestUnread } from '../preview/preview';
import type { Session } from '../session';
import { shown } from '../timeline';
import { batch, inOneTab } from './claim';
import { near } from './near';
import { grace, pause } from './pause';

/** Characters; systems show fewer, and cut what is longer in their own ways. */
const longest = 240;

/** The notification that this tab shows. */
interface Shown {
  readonly notice: Notification;
  readonly session: Session;
  readonly id: string;
  readonly seq: number;
  readonly body: string;
}

let now: Shown | undefined;
const followed = new WeakSet<Session>();

/**
 * Has the system tell of what came at a time (the gateway's, in milliseconds),
 * once for all tabs of the site, and only while none of them is in front: a
 * page in front says it in the chat, or beside the launcher.
 */
export async function tell(host: Host, session: Session, at: number): Promise<void> {
  if (Notification.permission !== 'granted') return;
  follow(host, session);
  // The tab in front does not wait, so that the others find its mark.
  if (!isInFront()) await pause(grace);
  // Each message takes the place of the one before, also within a batch: what is shown is the last word.
  await inOneTab(`anteroom.${host.settings.site}.noticed`, at, (before) => isInFront() || show(host, session, before), 0);
}

const isInFront = (): boolean => !document.hidden && document.hasFocus();

/** Takes the notification away when there is nothing more to say, or nobody to answer for it. */
function follow(host: Host, session: Session): void {
  if (followed.has(session)) return;
  followed.add(session);
  session.subscribe(() => {
    if (now?.session !== session) return;
    const entry = newestUnread(session.state);
    // Read here or in another tab, removed by who wrote it, or of a dialog that is not the visitor's any more.
    if (entry?.id !== now.id) {
      // A newer one is on its way to take its place.
      if (!entry || entry.seq < now.seq) close();
    } else if (said(host, session, entry) !== now.body) show(host, session);
  });
  // A page in front says it itself; and a press on one whose page is gone would open nothing.
  for (const type of ['focus', 'pagehide']) addEventListener(type, close, session.life);
  session.life.signal.addEventListener('abort', close);
}

function close(): void {
  now?.notice.close();
  now = undefined;
}

/** Shows the last word; before is when some tab showed the one before. False if the browser shows none. */
function show(host: Host, session: Session, before = -Infinity): boolean {
  const entry = newestUnread(session.state);
  if (!entry) return true;
  const { settings, language } = host;
  const { bot, operator } = near(host);
  const { party, name } = entry.author;
  const body = said(host, session, entry);
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    lang: language,
    dir: 'auto',
    tag: `anteroom.${settings.site}`,
    // What follows at once, or is corrected, changes the words and does not pop up again.
    renotify: now?.id !== entry.id && Math.abs(Date.now() - before) > batch,
    // The sound has a switch of its own.
    silent: true,
    ...icon(host),
  };
  try {
    const notice = new Notification(name ?? (party === 'bot' ? bot : operator), options);
    notice.addEventListener('click', () => {
      window.focus();
      close();
      void host.show(true);
    });
    now = { notice, session, id: entry.id, seq: entry.seq, body };
    return true;
  } catch {
    // Phones know only those of service workers.
    return false;
  }
}

/** The message's words, or that there is one, where the site wants no more to be seen. */
function said(host: Host, { state }: Session, entry: Entry): string {
  const text = host.settings.notify !== 'name' && (shown(state.timeline, entry).said.text || entry.file?.name);
  return (text || near(host).one).slice(0, longest);
}

/** The picture in the chat's head, or the page's own. */
function icon({ settings, base }: Host): { icon?: string } {
  const { href } = document.querySelector<HTMLLinkElement>('link[rel~="icon"]') ?? {};
  const url = settings.avatar ? base + settings.avatar : href;
  return url ? { icon: url } : {};
}
