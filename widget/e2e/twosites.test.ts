import { describe, eventually, expect, test } from './stack/fixtures';
import { serve, tag } from './stack/own';
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

describe('Two chats of different sites on one page', () => {
  test('know nothing of each other: each has its dialog, its calls and its storage', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const html = `<!doctype html><title>Own</title><h1>Own</h1>${tag(facts, facts.site, '')}${tag(facts, 'clinic', '')}`;
    await context.addInitScript(`addEventListener('DOMContentLoaded', () => document.querySelectorAll('anteroom-chat').forEach((e, i) => { e.dataset.test = ['shop', 'clinic'][i]; }))`);
    const tab = await context.newPage();
    await tab.goto(await serve(context, facts, { html }));
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
});
