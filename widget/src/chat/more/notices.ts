import type { MenuWords } from '../../i18n/strings';
import type { Host } from '../../loader/host';
import { wish, wishes } from '../attention/wish';

/** The switch of the system's notifications, as the menu has it: what it is called, and what it does if anything. */
interface Switch {
  readonly name: string;
  readonly run?: () => Promise<void>;
}

/** Phones know none without a service worker, and stop pages that nobody looks at. */
const phone = /Android|Mobi/;

/** Where there can be notifications, the switch; says says what a press came to. The browser's question comes by that press alone. */
export function notices({ settings: { notify, site } }: Host, words: MenuWords, says: (what: string) => void): Switch[] {
  if (notify === 'off' || !isSecureContext || !('Notification' in window) || phone.test(navigator.userAgent)) return [];
  if (Notification.permission === 'denied') return [{ name: words.blocked }];
  const on = Notification.permission === 'granted' && wishes(site, 'notified');
  if (on) return [{ name: words.unnotify, run: async () => wish(site, 'notified', false) }];
  const run = async (): Promise<void> => {
    const answer = await Notification.requestPermission();
    if (answer === 'granted') wish(site, 'notified', true);
    // A question that was only closed may be asked again.
    if (answer !== 'default') says(answer === 'granted' ? words.notified : words.blocked);
  };
  return [{ name: words.notify, run }];
}
