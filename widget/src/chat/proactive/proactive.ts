import type { Host, Language, Proactive } from '../../loader/host';
import { matches } from '../pattern';
import { watchAddress } from '../whereabouts';
import { Bubble } from './bubble';
import { done, hasDialog, isDone, isKnown } from './memory';

/** What the button is called that sends a message away, in the built-in languages. */
const hideIt: Readonly<Record<Language, string>> = { en: 'Hide the message', ru: 'Скрыть сообщение', ar: 'إخفاء الرسالة' };

/**
 * Shows what the site says first, once one of its messages fits the page, the
 * device and the visitor. Until the visitor presses something nothing is
 * connected, stored or asked; so this chunk imports nothing that does.
 */
export function watch(host: Host): void {
  const { launcher, root, settings } = host;
  const all = (settings.proactive ?? []).filter(({ name }) => settings.says?.[name]);
  const known = isKnown(host);
  let url = '';
  /** How long the page was visible, in milliseconds, without the time since. */
  let spent = 0;
  let since = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The window was opened, or a message dismissed: this page has had its word. */
  let isOver = false;
  let shown: Proactive | undefined;

  const bubble = new Bubble(host, settings.near?.hide ?? hideIt[host.language] ?? '×', {
    open: () => answer(open),
    hide: () => answer(dismiss),
  });

  const fits = (p: Proactive): boolean =>
    (p.visitors === 'all' || (p.visitors === 'returning') === known) &&
    (!p.media || matchMedia(p.media).matches) &&
    (!p.pages || p.pages.some((pattern) => pattern === '*' || matches(pattern, url))) &&
    !isDone(host, p);

  const look = (): void => {
    clearTimeout(timer);
    const isOpen = launcher.getAttribute('aria-expanded') === 'true';
    // What is said to who never was here is not to be put in the middle of a talk.
    isOver ||= isOpen || (!known && hasDialog(host));
    // A badge, or a message beside the button, has the place.
    const isTaken = isOver || !!root.querySelector('.badge:not(:empty), .preview:not(.proactive):not(:empty)');
    if (document.hidden) return;
    const here = spent + performance.now() - since;
    const fit = isTaken ? [] : all.filter(fits);
    const next = (shown && fit.includes(shown) && shown) || fit.find(({ after = 0 }) => after <= here);
    if (next !== shown) {
      shown = next;
      bubble.show(next ? (settings.says?.[next.name] ?? '') : '');
    }
    // What is shown stays until it fits no more.
    if (!next && fit.length > 0) timer = setTimeout(look, Math.max(50, Math.min(...fit.map(({ after = 0 }) => after)) - here));
  };

  const answer = (how: (p: Proactive, text: string) => void): void => {
    const p = shown;
    if (!p) return;
    isOver = true;
    done(host, p);
    const text = settings.says?.[p.name] ?? '';
    how(p, text);
    look();
  };
  const open = (p: Proactive, text: string): void => {
    // The window has it at once; from the bridge it comes as the first message.
    (settings as { greeting?: string }).greeting = text;
    void host.show(true);
    import('./taken').then(({ take }) => take(host, p.name), () => undefined);
  };
  const dismiss = ({ name }: Proactive): void => {
    import('./dismissed').then(({ tell }) => tell(host, name), () => undefined);
  };

  const start = (): void => {
    if (host.life.signal.aborted) return;
    watchAddress(host, (to) => {
      url = to;
      spent = 0;
      since = performance.now();
      look();
    });
    document.addEventListener('visibilitychange', () => {
      const now = performance.now();
      if (document.hidden) spent += now - since;
      since = now;
      look();
    }, host.life);
    // Another tab may have opened or dismissed it, or begun to talk.
    addEventListener('storage', ({ key }) => key?.startsWith(`anteroom.${settings.site}`) && look(), host.life);
    // Whether the window is open, and how many messages are unread.
    const changes = new MutationObserver(look);
    changes.observe(launcher, { attributeFilter: ['aria-expanded', 'aria-label'] });
    host.life.signal.addEventListener('abort', () => {
      changes.disconnect();
      clearTimeout(timer);
    });
  };
  // The page comes first.
  if ('requestIdleCallback' in window) requestIdleCallback(start, { timeout: 2000 });
  else setTimeout(start, 200);
}
