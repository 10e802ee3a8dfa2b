import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Facts } from './start';

/** A mail as the postbox took it, see bridge/desk/notify/mail/mailtest/postbox. */
export interface Mail {
  readonly to: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
}

/** Mails go when they are due, and the queue looks now and then. */
const patience = 30_000;

/** All mails to the address, the oldest first. */
export async function mailsTo(facts: Facts, address: string): Promise<Mail[]> {
  const names = (await readdir(facts.mails)).filter((name) => name.endsWith('.json'));
  const mails = await Promise.all(names.toSorted((a, b) => parseInt(a) - parseInt(b)).map(async (name) => JSON.parse(await readFile(join(facts.mails, name), 'utf8')) as Mail));
  return mails.filter(({ to }) => to.includes(address));
}

/** Waits for the only mail to the address. */
export async function mailTo(facts: Facts, address: string): Promise<Mail> {
  await expect.poll(async () => (await mailsTo(facts, address)).length, { timeout: patience, interval: 200, message: `a mail to ${address}` }).toBe(1);
  return (await mailsTo(facts, address))[0] as Mail;
}

/** A mail in a reader that shows what is in it and asks nobody for anything; what it would have asked for is in asked. */
export async function reads(context: BrowserContext, { html }: Mail): Promise<{ readonly page: Page; readonly asked: string[] }> {
  const page = await context.newPage();
  const asked: string[] = [];
  await page.route('**/*', async (route) => {
    if (route.request().isNavigationRequest() && asked.length === 0) return route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' });
    asked.push(route.request().url());
    return route.abort();
  });
  await page.goto('http://mail.test/');
  return { page, asked };
}
