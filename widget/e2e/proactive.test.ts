import type { BrowserContext, Locator } from 'playwright-core';
import { countSounds, hide } from './stack/attention';
import { faults } from './stack/axe';
import { Dialog } from './stack/dialog';
import { describe, expect, meet, screenshot, test } from './stack/fixtures';
import { deskOf } from './stack/panel';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const welcome = 'New here? We show you around: ask us anything.';

/** A page of the shop with the widget of the site that speaks first. */
async function eager(context: BrowserContext, facts: Facts, path = ''): Promise<Visitor> {
  // Its time goes on as ever, and faster where a test says so.
  await context.clock.install();
  await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/eager.js` }));
  return Visitor.visit(context, `${facts.visitor_url}${path}`);
}

const bubble = (visitor: Visitor, text: string | RegExp = welcome): Locator => visitor.page.getByRole('button', { name: text });
const kept = (visitor: Visitor): Promise<number> => visitor.page.evaluate(() => localStorage.length + sessionStorage.length);

/** So many milliseconds pass on the page, once what looks at it is there. */
async function passes({ page }: Visitor, ms: number): Promise<void> {
  await page.locator('.proactive').waitFor({ state: 'attached' });
  await page.clock.runFor(ms);
}

describe('What the site says first', () => {
  test('connects nobody and stores nothing until it is pressed; then it is the first word of the talk, and operators see it', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const requests: string[] = [];
    context.on('request', (request) => {
      if (request.url().startsWith(facts.public_url)) requests.push(new URL(request.url()).pathname);
    });
    let sockets = 0;
    context.on('page', (page) => page.on('websocket', () => sockets++));
    const visitor = await eager(context, facts);
    await bubble(visitor).waitFor();
    // The loader, and what looks at pages.
    expect(requests).toEqual([`/widget/${facts.site}.js`, expect.stringMatching(/^\/widget\/assets\/eager\/proactive-/) as string]);
    expect([sockets, await kept(visitor)]).toEqual([0, 0]);
    expect(await visitor.page.getByRole('status').filter({ hasText: welcome }).count()).toBe(1);
    expect(await visitor.page.evaluate(() => document.activeElement === document.body)).toBe(true);
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'proactive');

    await bubble(visitor).click();
    await visitor.textbox.waitFor();
    await visitor.sees(welcome);
    expect(await visitor.transcript()).toEqual([expect.stringContaining(welcome) as string]);
    await bubble(visitor).waitFor({ state: 'detached' });
    await screenshot(visitor, 'proactive-taken');
    await visitor.says('Which bowl is for soup?');
    const dialog = await operator.dialog('Which bowl is for soup?');
    const first = await dialog.event('what the visitor read first', (e) => e.content.body === welcome);
    expect(first.sender).not.toBe(dialog.ghost);
    const desk = new Dialog(operator, await deskOf(operator, 'eager'), dialog.first);
    expect(await desk.asks('!stats')).toMatch(/`?welcome`?: opened \d+, of these answered [1-9]/);
    // It does not come again, on no page of this browser.
    await visitor.page.reload();
    await visitor.sees(welcome);
    await visitor.launcher.click();
    await passes(visitor, 10_000);
    expect(await bubble(visitor).count()).toBe(0);
  }, 90_000);

  test('goes away by its button or Escape, for ever, in all tabs, and is counted', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const visitor = await eager(context, facts);
    const other = await eager(context, facts);
    await bubble(visitor).waitFor();
    await bubble(other).waitFor();
    const told = context.waitForEvent('request', (request) => request.url().endsWith('/dismissed'));
    // By keys alone: the bubble comes before the launcher.
    await visitor.launcher.focus();
    await visitor.page.keyboard.press('Shift+Tab');
    await visitor.page.keyboard.press('Shift+Tab');
    expect(await bubble(visitor).evaluate((e) => e.matches(':focus-visible'))).toBe(true);
    await visitor.page.keyboard.press('Escape');
    await bubble(visitor).waitFor({ state: 'detached' });
    expect(await visitor.launcher.evaluate((e) => e.matches(':focus'))).toBe(true);
    await bubble(other).waitFor({ state: 'detached' });
    const request = await told;
    expect([request.postData(), (await request.response())?.status()]).toEqual(['{"name":"welcome"}', 204]);
    await visitor.page.reload();
    await passes(visitor, 10_000);
    expect(await bubble(visitor).count()).toBe(0);
    const dialog = await meet(other, operator, 'I found it, thank you');
    const desk = new Dialog(operator, await deskOf(operator, 'eager'), dialog.first);
    expect(await desk.asks('!stats')).toMatch(/welcome`?: .*dismissed [1-9]/);
  });

  test('waits for the page to be seen, and keeps away from an open window', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    await context.addInitScript(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }));
    const visitor = await eager(context, facts);
    await passes(visitor, 10_000);
    expect(await bubble(visitor).count()).toBe(0);
    await hide(visitor.page, false);
    await bubble(visitor).waitFor();
    await visitor.open();
    await bubble(visitor).waitFor({ state: 'detached' });
    await visitor.close();
    await passes(visitor, 10_000);
    expect(await bubble(visitor).count()).toBe(0);
  });

  test('is for the pages, devices and visitors of its rule, also in an app that loads no pages', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const visitor = await eager(context, facts, 'contact');
    const go = (path: string): Promise<void> => visitor.page.evaluate((to) => history.pushState(null, '', to), path);
    await passes(visitor, 10_000);
    expect(await visitor.page.locator('.proactive').textContent()).toBe('');
    await go('/cart');
    await bubble(visitor, 'Questions about your order?').waitFor();
    await go('/contact');
    await bubble(visitor, 'Questions about your order?').waitFor({ state: 'detached' });
    await go('/cart?coupon=1');
    await bubble(visitor, 'Questions about your order?').waitFor();
    await visitor.page.getByRole('button', { name: 'Hide the message' }).click();
    // In this tab it is over, and in another visit it is not.
    await visitor.page.goto(`${facts.visitor_url}cart`);
    await passes(visitor, 10_000);
    expect(await visitor.page.locator('.proactive').textContent()).toBe('');
    const next = await eager(context, facts, 'cart');
    await bubble(next, 'Questions about your order?').waitFor();
    // Nobody who has not used the chat comes back.
    await next.page.goto(`${facts.visitor_url}delivery`);
    await passes(next, 10_000);
    expect(await next.page.locator('.proactive').textContent()).toBe('');
    await next.open();
    await next.close();
    await next.page.reload();
    await bubble(next, 'Good to see you again!').waitFor();

    const phone = await eager(await profiles.fresh({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }), facts, 'cart');
    await passes(phone, 10_000);
    expect(await phone.page.locator('.proactive').textContent()).toBe('');
  });

  test('makes way for a message that is not read', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await countSounds(context);
    const visitor = await eager(context, facts, 'cart');
    const dialog = await meet(visitor, operator, 'Is somebody there?');
    await visitor.close();
    await visitor.page.reload();
    const offer = bubble(visitor, 'Questions about your order?');
    await offer.waitFor();
    await dialog.says('Yes, I am.');
    await visitor.page.getByRole('button', { name: /Yes, I am\./ }).waitFor();
    await offer.waitFor({ state: 'detached' });
  });

  test('says no "New here?" in a tab beside a talk that began meanwhile', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const [visitor, tab] = [await eager(context, facts), await Visitor.visit(context, facts.visitor_url)];
    await Promise.all([visitor, tab].map((v) => bubble(v).waitFor()));
    await meet(visitor, operator, 'I write in the first tab');
    await bubble(tab).waitFor({ state: 'detached' });
    await tab.page.reload();
    await tab.launcher.waitFor();
    await passes(tab, 10_000);
    expect(await bubble(tab).count()).toBe(0);
  });

  test('looks right on a phone, in the dark and in Russian', async ({ profiles, facts }) => {
    const visitor = await eager(
      await profiles.fresh({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, colorScheme: 'dark', reducedMotion: 'reduce' }),
      facts,
      'ru/',
    );
    await bubble(visitor, 'Вы у нас впервые? Спросите о чём угодно, мы поможем.').waitFor();
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'proactive-phone-dark');
    await visitor.page.getByRole('button', { name: 'Скрыть сообщение' }).tap();
    await bubble(visitor, /впервые/).waitFor({ state: 'detached' });
  });
});
