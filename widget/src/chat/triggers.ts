import type { Host, Trigger } from '../loader/host';
import { forgetTold, isTelling, tell } from './lane';
import { currentPage, watchPage } from './page';
import { matches } from './pattern';

type Once = NonNullable<Trigger['once']>;

interface Wait {
  readonly trigger: Trigger;
  /** How long the page has to be visible still, in milliseconds. */
  readonly left: number;
}

/**
 * Watches for the page visits that the bot's chains wait for. Until one comes
 * true nothing is connected and nothing is stored.
 */
export function watch(host: Host): void {
  const triggers = (host.settings.triggers ?? []).filter(({ device }) => !device || (device === 'mobile') === isMobile());
  const waitsAt = (address: string): Wait[] =>
    triggers.filter((t) => matches(t.url, address)).map((trigger) => ({ trigger, left: trigger.after ?? 0 }));
  const { signal } = host.life;
  let { url } = currentPage();
  let waits = waitsAt(url);
  /** Since when the page is visible. */
  let since = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const goOn = (): void => {
    since = performance.now();
    look();
  };
  const look = (): void => {
    pause();
    for (const { trigger, left } of waits) {
      if (left <= 0 && isNew(host, trigger)) tell(host, { t: 'visited', trigger: trigger.key }, () => note(host, trigger));
    }
    waits = waits.filter(({ left }) => left > 0);
    if (waits.length > 0) timer = setTimeout(look, Math.min(...waits.map(({ left }) => left)));
  };
  const pause = (): void => {
    clearTimeout(timer);
    const now = performance.now();
    waits = waits.map(({ trigger, left }) => ({ trigger, left: left - (now - since) }));
    since = now;
  };

  watchPage(() => {
    const page = currentPage();
    // Another title alone makes no other page.
    if (page.url === url) return;
    ({ url } = page);
    forgetTold('visited');
    waits = waitsAt(url);
    if (!document.hidden) goOn();
  }, signal);
  const seen = (): void => (document.hidden ? pause() : goOn());
  document.addEventListener('visibilitychange', seen, { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  if (!document.hidden) goOn();
}

/** As the browser says it itself, where it does. */
function isMobile(): boolean {
  const { userAgentData, userAgent } = navigator as Navigator & { readonly userAgentData?: { readonly mobile: boolean } };
  return userAgentData?.mobile ?? /Mobi/.test(userAgent);
}

/** What this page has told, should the browser forbid its storage. */
const told = new Set<string>();

/** False for what was told before and is to be told once. */
function isNew(host: Host, { key, once }: Trigger): boolean {
  return !once || !(told.has(key) || isTelling(key) || noted(host, once).includes(key));
}

/** Keeps that it was told: before the gateway has it, it may be lost with the page. */
function note(host: Host, { key, once }: Trigger): void {
  if (!once) return;
  told.add(key);
  try {
    storeOf(once).setItem(nameOf(host), JSON.stringify([...noted(host, once), key]));
  } catch {
    /* see told */
  }
}

function noted(host: Host, once: Once): string[] {
  try {
    const kept: unknown = JSON.parse(storeOf(once).getItem(nameOf(host)) ?? '[]');
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

const storeOf = (once: Once): Storage => (once === 'visit' ? sessionStorage : localStorage);
const nameOf = ({ settings: { site } }: Host): string => `anteroom.${site}.visited`;
