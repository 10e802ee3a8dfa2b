import type { BrowserContext, Page } from 'playwright-core';

declare global {
  interface Window {
    rung: number;
  }
}

/** Counts the sounds that pages of the context play: each is of two notes. */
export async function countSounds(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.rung = 0;
    window.AudioContext = class extends AudioContext {
      override createOscillator(): OscillatorNode {
        // One that may not play is suspended, and nobody hears it.
        if (this.state === 'running') window.rung += 1 / 2;
        return super.createOscillator();
      }
    };
  });
}

/** How many sounds were heard from the pages. */
export async function sounds(...pages: Page[]): Promise<number> {
  const each = await Promise.all(pages.map((page) => page.evaluate(() => window.rung)));
  return each.reduce((sum, n) => sum + n, 0);
}

/** Has the tab hidden or shown: a browser without a screen shows all of its tabs. */
export async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((is) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => is });
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => (is ? 'hidden' : 'visible') });
    document.hasFocus = () => !is;
    document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
  }, hidden);
}

/** The titles that a page has in turn, until there were as many different ones. */
export async function titles(page: Page, count: number): Promise<string[]> {
  const seen = await page.waitForFunction(
    (wanted) => {
      const all = ((window as { titles?: Set<string> }).titles ??= new Set());
      all.add(document.title);
      return all.size >= wanted && [...all];
    },
    count,
    { polling: 100 },
  );
  const all = (await seen.jsonValue()) as string[];
  await page.evaluate(() => delete (window as { titles?: Set<string> }).titles);
  return all.toSorted();
}

/** Asks the page something without pressing anything in it, as Playwright's own questions count as presses. */
export async function untouched(context: BrowserContext, page: Page): Promise<(expression: string) => Promise<unknown>> {
  const session = await context.newCDPSession(page);
  return async (expression) => {
    const { result } = await session.send('Runtime.evaluate', { expression, returnByValue: true, userGesture: false });
    return result.value as unknown;
  };
}
