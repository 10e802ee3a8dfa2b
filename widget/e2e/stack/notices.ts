import type { BrowserContext, Page } from 'playwright-core';

/** A notification of the system, as a page has shown it. */
export interface Noticed {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly icon: string;
  /** Whether it pops up again though there was one of its tag. */
  readonly again: boolean;
  readonly closed: boolean;
}

declare global {
  interface Window {
    noticed: (Notification & { closed?: boolean })[];
    /** How often the page has asked the browser for the permission. */
    begged: number;
  }
}

/** Notes the notifications of the context's pages, which are real ones where they are allowed. */
export async function watchNotices(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.noticed = [];
    window.begged = 0;
    window.Notification = class extends Notification {
      closed = false;
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        window.noticed.push(this);
      }
      static override requestPermission(): Promise<NotificationPermission> {
        window.begged++;
        return super.requestPermission();
      }
      override close(): void {
        this.closed = true;
        super.close();
      }
    };
  });
}

/** What the pages have shown, in the order of the pages. */
export async function noticesOf(...pages: Page[]): Promise<Noticed[]> {
  const each = await Promise.all(
    pages.map((page) =>
      page.evaluate(() =>
        window.noticed.map((n) => ({ title: n.title, body: n.body, tag: n.tag, icon: n.icon, again: (n as { renotify?: boolean }).renotify ?? false, closed: n.closed ?? false })),
      ),
    ),
  );
  return each.flat();
}

/**
 * Waits for the sound of what is said. A notification waits as long as that does:
 * with the second sound it is certain that there is none for the first words.
 */
export async function rings(page: Page, says: () => Promise<unknown>): Promise<void> {
  const before = await page.evaluate(() => localStorage['anteroom.shop.rung'] as string | undefined);
  await says();
  await page.waitForFunction((was) => {
    const now = localStorage['anteroom.shop.rung'] as string | undefined;
    // Within a batch only the time changes that it is for.
    return now !== undefined && now !== was;
  }, before);
}
