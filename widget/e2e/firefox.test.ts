import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { launch } from 'puppeteer-core';
import type { Browser, BrowserContext, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { eventually, expect, test } from './stack/fixtures';

/** The system's Firefox, or the one that FIREFOX names; undefined if there is none. */
function installed(): string | undefined {
  const { FIREFOX, PATH = '' } = process.env;
  const paths = ['firefox-esr', 'firefox'].flatMap((name) => PATH.split(delimiter).map((folder) => join(folder, name)));
  return (
    FIREFOX ??
    paths.find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    })
  );
}

const path = installed();
if (!path) console.error('Firefox is not on the PATH, so nothing is tried in it: "make firefox" installs it, or put its path into FIREFOX.');

/** The texts of all messages on the page. */
const says = (page: Page): Promise<string> =>
  page.evaluate(() => [...(document.querySelector('anteroom-chat')?.shadowRoot?.querySelectorAll('article .text') ?? [])].map((e) => e.textContent).join('|'));

/**
 * What the selector finds in the chat, once it is there. Puppeteer's locators would wait for a mutation of the document,
 * and what changes in a shadow root is none.
 */
async function find(page: Page, selector: string): Promise<ElementHandle> {
  const found = await page.waitForFunction(
    (wanted) => document.querySelector('anteroom-chat')?.shadowRoot?.querySelector<HTMLElement>(wanted),
    { polling: 'raf' },
    selector,
  );
  return found as ElementHandle;
}

/** Writes into the field of the chat, and sends it. */
async function say(page: Page, text: string): Promise<void> {
  await (await find(page, 'textarea')).click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

// Over WebDriver BiDi.
describe.skipIf(!path)('In Firefox', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch({ browser: 'firefox', executablePath: path ?? '', headless: true });
  });
  afterAll(async () => {
    await browser.close();
  });

  /** A page that a visitor loads, and what its console says. */
  async function visit(url: string, context: Browser | BrowserContext = browser): Promise<{ page: Page; errors: string[] }> {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error)));
    page.setDefaultTimeout(30_000);
    await page.goto(url);
    return { page, errors };
  }

  test('a visitor opens the chat, writes, is answered, and finds it all after a reload', async ({ facts, operator }) => {
    const { page, errors } = await visit(facts.visitor_url);
    await (await find(page, '.launcher')).click();
    await say(page, 'From a fox');
    const dialog = await operator.dialog('From a fox');
    await dialog.says('Hello, fox');
    await eventually(() => says(page), 'the answer', 'From a fox|Hello, fox');
    await page.reload();
    await eventually(async () => {
      const open = await page.evaluate(() => document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('.launcher')?.ariaExpanded);
      if (open !== 'true') await (await find(page, '.launcher')).click();
      return says(page);
    }, 'the dialog after a reload', 'From a fox|Hello, fox');
    await say(page, 'Still the same');
    await dialog.sees('Still the same');
    expect(errors).toEqual([]);
    await page.close();
  });

  test('a page that was kept for the way back goes on with a dialog that began on the next one', async ({ facts, operator }) => {
    const context = await browser.createBrowserContext();
    const { page, errors } = await visit(facts.visitor_url, context);
    await find(page, '.launcher');
    await page.evaluate('window.kept = []; addEventListener("pageshow", (event) => kept.push(event.persisted))');
    await page.goto(`${facts.visitor_url}delivery`);
    await (await find(page, '.launcher')).click();
    await say(page, 'A fox asks');
    const dialog = await operator.dialog('A fox asks');
    await page.evaluate('void history.back()');
    await eventually(() => page.evaluate('window.kept'), 'that the page was kept', [true]);
    await dialog.says('A fox is answered');
    await eventually(() => says(page), 'the answer', 'A fox asks|A fox is answered');
    expect(errors).toEqual([]);
    await context.close();
  });
});
