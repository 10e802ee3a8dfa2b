import { launch } from './stack/chromium';
import { describe, expect, meet, test } from './stack/fixtures';
import { serve } from './stack/own';
import { Visitor } from './stack/visitor';

describe('A page that the browser kept for the way back', () => {
  test('does not show or send again what was discarded on the page after it', async ({ operator, facts, network }) => {
    // Playwright switches off what is tested here.
    const browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    try {
      const context = await browser.newContext({ locale: 'en-GB', proxy: network.proxy });
      context.setDefaultTimeout(15_000);
      const next = await serve(context, facts, { html: '<!doctype html><title>Next</title><h1>Next</h1>' });
      const visitor = await Visitor.visit(context, facts.visitor_url);
      const { page } = visitor;
      await page.evaluate('window.kept = []; addEventListener("pageshow", (event) => kept.push(event.persisted))');
      const dialog = await meet(visitor, operator, 'Before the tunnel');
      await visitor.seesState('Before the tunnel', /Sent|Seen/);
      network.pass('no dialog');
      await visitor.says('Never mind');
      await visitor.sees('Never mind');
      await page.evaluate((to) => { location.href = to; }, next);
      await page.waitForURL(next);
      // As the chat does there when the visitor discards it.
      const unsent = (): Promise<string[]> => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('anteroom.shop.out.')));
      expect(await unsent()).toHaveLength(1);
      await page.evaluate((names) => { for (const name of names) localStorage.removeItem(name); }, await unsent());
      network.pass('all');
      await page.evaluate('history.back()');
      await page.waitForURL((url) => url.href === facts.visitor_url, { waitUntil: 'commit' });
      expect(await page.evaluate('window.kept')).toEqual([true]);
      await visitor.seesNoMore('Never mind');
      await visitor.says('After the way back');
      await dialog.sees('After the way back');
      await visitor.seesState('After the way back', /Sent|Seen/);
      expect(dialog.texts()).toEqual(['Before the tunnel', 'After the way back']);
      expect(await unsent()).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
