import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, inject, test as base } from 'vitest';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { Around } from './around';
import { launch } from './chromium';
import type { Dialog } from './dialog';
import { ClientSite } from './host';
import { lastLines } from './logs';
import { Network } from './network';
import { Operator } from './operator';
import { Restarted } from './restart';
import type { Facts } from './start';
import { Visitor } from './visitor';

export { describe, expect } from 'vitest';

/** Where screenshots go. */
const pictures = resolve('../build/e2e');
/** What a test waits for in the browser comes within so many milliseconds. */
const patience = 15_000;

/** Makes browser profiles: each is a visitor of its own. */
interface Profiles {
  /** A fresh profile; options are Playwright's. */
  fresh(options?: BrowserContextOptions): Promise<BrowserContext>;
  /** Errors in the page's console that match are meant to be there. */
  expectErrors(matching: RegExp): void;
}

interface ForAll {
  facts: Facts;
  /** The web server of a Matrix client that shows the panel. */
  client: ClientSite;
  browser: Browser;
  /** A demo of its own, for tests that end its bridge. */
  bridge: Restarted;
  /** Logged in once; tests take it as their operator. */
  person: Operator;
}

interface ForEach {
  operator: Operator;
  /** A network of its own, for profiles that are given its proxy. */
  network: Network;
  /** A server of another site, for pages around the shop's. */
  around: Around;
  profiles: Profiles;
  /** A visitor with a fresh profile on the shop's first page. */
  visitor: Visitor;
}

export const test = base.extend<ForAll & ForEach>({
  facts: [async ({}, use) => use(inject('facts')), { scope: 'file' }],
  client: [
    async ({}, use) => {
      const site = await ClientSite.start();
      await use(site);
      await site.stop();
    },
    { scope: 'file' },
  ],
  browser: [
    async ({}, use) => {
      // Its microphone beeps once a second; who is not granted it is refused.
      const browser = await launch({ args: ['--use-fake-device-for-media-stream'] });
      await use(browser);
      await browser.close();
    },
    { scope: 'file' },
  ],
  bridge: [
    async ({}, use) => {
      const bridge = await Restarted.start();
      await use(bridge);
      await bridge.stop();
    },
    { scope: 'file' },
  ],
  person: [
    async ({ facts }, use) => {
      const person = await Operator.login(facts);
      await use(person);
      await person.stop();
    },
    { scope: 'file' },
  ],
  operator: async ({ person }, use) => {
    await person.begin();
    await use(person);
  },
  network: async ({}, use) => {
    const network = await Network.start();
    await use(network);
    network.stop();
  },
  around: async ({}, use) => {
    const around = await Around.start();
    await use(around);
    around.stop();
  },
  profiles: async ({ browser, facts, task }, use) => {
    const contexts: BrowserContext[] = [];
    const errors: string[] = [];
    const expected: RegExp[] = [];
    await use({
      fresh: async (options) => {
        const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Berlin', ...options });
        context.setDefaultTimeout(patience);
        // The page's policy is strict: whatever it forbids is an error in the console.
        context.on('console', (message) => {
          if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
        });
        context.on('weberror', (error) => errors.push(String(error.error())));
        contexts.push(context);
        return context;
      },
      expectErrors: (matching) => expected.push(matching),
    });
    const unexpected = errors.filter((text) => !expected.some((e) => e.test(text)));
    if (task.result?.state === 'fail' || unexpected.length > 0) {
      await report(task.name, contexts.flatMap((c) => c.pages()), facts.dir);
    }
    await Promise.all(contexts.map((c) => c.close()));
    if (unexpected.length > 0) throw new Error(`Errors in the console of the page:\n${unexpected.join('\n')}`);
  },
  visitor: async ({ profiles, facts }, use) => use(await Visitor.visit(await profiles.fresh(), facts.visitor_url)),
});

/** Shows what helps to find out why a test failed. */
async function report(name: string, pages: Page[], dir: string): Promise<void> {
  await mkdir(pictures, { recursive: true });
  for (const [i, page] of pages.entries()) {
    const path = join(pictures, `failed-${name.replaceAll(/\W+/g, '-').slice(0, 60)}-${i}.png`);
    await page.screenshot({ path }).catch((error: unknown) => console.error(`no screenshot: ${String(error)}`));
    console.error(`The page, as it was when "${name}" failed: ${path}`);
  }
  console.error(await lastLines(dir));
}

/** A picture of the page for people to look at. */
export async function screenshot(visitor: Visitor, name: string): Promise<void> {
  await mkdir(pictures, { recursive: true });
  await visitor.page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
}

/** Asks again until the answer is right, or the test has waited long enough. */
export async function eventually<T>(ask: () => T | Promise<T>, what: string, right: T): Promise<void> {
  await expect.poll(ask, { timeout: patience, interval: 50, message: what }).toEqual(right);
}

/** The visitor opens the window and writes; the dialog has rung at the operator's. */
export async function meet(visitor: Visitor, operator: Operator, text: string): Promise<Dialog> {
  await visitor.open();
  await visitor.says(text);
  return operator.dialog(text);
}
