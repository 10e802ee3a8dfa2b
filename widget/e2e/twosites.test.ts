import type { BrowserContext, Page } from 'playwright-core';
import { hide, titles } from './stack/attention';
import { describe, eventually, expect, test } from './stack/fixtures';
import { serve, tag } from './stack/own';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** One of the two chats of a page, used by roles and names as any. */
function chatOf(visitor: Visitor, site: string): Visitor {
  const within = new Visitor(visitor.page);
  // Both speak alike: which is which the page's own name for it tells.
  const host = visitor.page.locator(`anteroom-chat[data-test="${site}"]`);
  // Its methods look where its parts are.
  return Object.assign(within, {
    launcher: host.getByRole('button', { name: /chat/i }).last(),
    window: host.getByRole('dialog'),
    log: host.getByRole('log'),
    textbox: host.getByRole('textbox', { name: 'Message' }),
  });
}

/** A page with the chats of two sites. */
async function both(context: BrowserContext, facts: Facts, one: string, two: string): Promise<Page> {
  const html = `<!doctype html><title>Own</title><h1>Own</h1>${tag(facts, one, '')}${tag(facts, two, '')}`;
  await context.addInitScript(`addEventListener('DOMContentLoaded', () => document.querySelectorAll('anteroom-chat').forEach((e, i) => { e.dataset.test = ${JSON.stringify([one, two])}[i]; }))`);
  const page = await context.newPage();
  await page.goto(await serve(context, facts, { html }));
  return page;
}

/** By a script, for the windows lie one upon the other. */
const agree = ({ window }: Visitor): Promise<void> => window.getByRole('button', { name: 'Agree and continue' }).evaluate((button: HTMLButtonElement) => button.click());

describe('Two chats of different sites on one page', () => {
  test('know nothing of each other: each has its dialog, its calls and its storage', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const tab = await both(context, facts, facts.site, 'clinic');
    const shop = chatOf(new Visitor(tab), 'shop');
    const look = chatOf(new Visitor(tab), 'clinic');
    await tab.evaluate(`window.told = []; Anteroom.on('message', ({ text }) => told.push('shop ' + text)); Anteroom.site('clinic').then((look) => { window.look = look; look.on('message', ({ text }) => told.push('look ' + text)); })`);
    await tab.waitForFunction('window.look');
    expect(await tab.evaluate('look === Anteroom')).toBe(false);
    expect(await tab.evaluate('Anteroom.site("shop").then((shop) => shop === Anteroom)')).toBe(true);
    await tab.evaluate('Anteroom.open()');
    await shop.textbox.waitFor();
    expect(await look.window.isVisible()).toBe(false);
    await shop.says('To the shop');
    const first = await operator.dialog('To the shop');
    await tab.evaluate('look.open()');
    await look.textbox.waitFor();
    await look.says('To the look');
    const second = await operator.dialog('To the look');
    expect(second.ghost).not.toBe(first.ghost);
    await first.says('From the shop');
    await second.says('From the look');
    await shop.sees('From the shop');
    await look.sees('From the look');
    expect(await shop.log.getByRole('article').count()).toBe(2);
    expect(await look.log.getByRole('article').count()).toBe(2);
    await eventually(async () => (await tab.evaluate<string[]>('told')).toSorted(), 'what was told', ['look From the look', 'look To the look', 'shop From the shop', 'shop To the shop']);
    expect(await tab.evaluate('JSON.parse(localStorage["anteroom.shop"]).secret !== JSON.parse(localStorage["anteroom.clinic"]).secret')).toBe(true);
    // The first one goes: what is left is the other, by the page's usual name.
    await tab.evaluate('Anteroom.destroy()');
    await eventually(() => tab.evaluate('window.Anteroom === window.look'), 'the one that is left', true);
    await look.says('Still here');
    await second.sees('Still here');
    expect(await tab.locator('anteroom-chat').count()).toBe(1);
  });

  test('which both ask for consent are agreed to one by one, and what is taken back of one stays given to the other', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const page = await both(context, facts, 'consent', 'beside');
    const [one, two] = [chatOf(new Visitor(page), 'consent'), chatOf(new Visitor(page), 'beside')];
    const question = 'We keep what you write here';
    const kept = (): Promise<string[]> => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('anteroom.')).map((name) => name.split('.')[1] as string));
    const sent: string[] = [];
    page.on('websocket', (socket) => sent.push(socket.url()));
    await page.evaluate("Anteroom.site('consent').then((chat) => chat.open())");
    await one.window.getByText(question).waitFor();
    await page.evaluate("Anteroom.site('beside').then((chat) => chat.open())");
    await two.window.getByText(question).waitFor();
    await agree(one);
    await one.textbox.waitFor();
    await one.says('To the one that I have agreed to');
    await operator.dialog('To the one that I have agreed to');
    await one.log.getByText('Sent').or(one.log.getByText('Seen')).first().waitFor({ state: 'attached' });
    expect(await two.window.getByText(question).isVisible()).toBe(true);
    expect(await two.textbox.count()).toBe(0);
    expect([...new Set(await kept())]).toEqual(['consent']);
    expect(sent.filter((url) => url.includes('/beside'))).toEqual([]);
    await agree(two);
    await two.textbox.waitFor();
    await two.says('And to the other one');
    await operator.dialog('And to the other one');
    await two.log.getByText('Sent').or(two.log.getByText('Seen')).first().waitFor({ state: 'attached' });

    // Who clears the site's data of the first takes that back, and nothing else.
    await page.evaluate(() => {
      for (const name of Object.keys(localStorage)) if (name.startsWith('anteroom.consent')) localStorage.removeItem(name);
      sessionStorage.clear();
    });
    sent.length = 0;
    await page.reload();
    await two.launcher.waitFor();
    await page.evaluate("Anteroom.site('beside').then((chat) => chat.open())");
    await two.sees('And to the other one');
    await two.textbox.waitFor();
    await page.evaluate("Anteroom.site('consent').then((chat) => chat.open())");
    await one.window.getByText(question).waitFor();
    expect(await one.textbox.count()).toBe(0);
    expect([...new Set(await kept())]).toEqual(['beside']);
    expect(sent.filter((url) => url.includes('/consent'))).toEqual([]);
  });

  test('tell of their messages in one title, which is the page’s own at last', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const page = await both(context, facts, facts.site, 'clinic');
    const [shop, clinic] = [chatOf(new Visitor(page), 'shop'), chatOf(new Visitor(page), 'clinic')];
    await page.evaluate('Anteroom.open()');
    await shop.textbox.waitFor();
    await shop.says('Titles of the shop');
    const first = await operator.dialog('Titles of the shop');
    await page.evaluate('Anteroom.close()');
    await page.evaluate("Anteroom.site('clinic').then((chat) => chat.open())");
    await clinic.textbox.waitFor();
    await clinic.says('Titles of the clinic');
    const second = await operator.dialog('Titles of the clinic');
    await page.evaluate("Anteroom.site('clinic').then((chat) => chat.close())");
    const rests = async (title: string): Promise<void> => {
      await page.waitForFunction((was) => document.title === was, title);
      // Nothing goes on turning it.
      expect(await page.evaluate(() => new Promise((done) => { const seen = new Set([document.title]); const t = setInterval(() => seen.add(document.title), 50); setTimeout(() => { clearInterval(t); done([...seen]); }, 2500); }))).toEqual([title]);
    };
    await hide(page, true);
    await first.says('From the shop');
    expect(await titles(page, 2)).toEqual(['(1) New message', 'Own']);
    // While the page has its own title on, the other chat writes its words over it.
    await page.waitForFunction(() => document.title === 'Own');
    await second.says('From the clinic');
    await page.waitForFunction(() => document.title === '(2) New messages');
    expect(await titles(page, 2)).toEqual(['(2) New messages', 'Own']);
    expect(await first.asks('!visitor')).not.toContain('New message');
    expect(await second.asks('!visitor')).not.toContain('New message');
    await page.evaluate(() => { document.title = 'Changed meanwhile'; });
    expect(await titles(page, 2)).toEqual(['(2) New messages', 'Changed meanwhile']);
    // One that goes takes its own count along.
    await page.evaluate("Anteroom.site('clinic').then((chat) => chat.destroy())");
    await page.waitForFunction(() => document.title === '(1) New message');
    await hide(page, false);
    await rests('Changed meanwhile');
  });
});
