import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

const large = { width: 1280, height: 800 };
const small = { width: 390, height: 800 };

describe('A window that was open on the tab’s last page', () => {
  test('takes no focus; on a page that narrows to a phone’s size it is modal, and on a wide one again it is not', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ viewport: large }), facts.visitor_url);
    await meet(visitor, operator, 'I read on while we talk');
    const { page } = visitor;
    await page.reload();
    await visitor.sees('I read on while we talk');
    const isModal = (): Promise<boolean> => visitor.window.evaluate((e) => e.matches(':modal'));
    /** Whether the page behind the window can have the focus. */
    const isBehind = (): Promise<boolean> => page.evaluate(() => {
      const link = document.querySelector('a');
      link?.focus();
      return document.activeElement === link;
    });
    expect(await isModal()).toBe(false);
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
    expect(await isBehind()).toBe(true);

    await page.setViewportSize(small);
    await eventually(isModal, 'modal on a small page', true);
    expect(await isBehind()).toBe(false);
    // By keys the focus gets to nothing of the page.
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab');
      expect(await page.evaluate(() => document.activeElement?.closest('a, main, header') ?? null)).toBeNull();
    }

    await page.setViewportSize(large);
    await eventually(isModal, 'beside a large page', false);
    expect(await visitor.window.isVisible()).toBe(true);
    expect(await isBehind()).toBe(true);
    await page.setViewportSize(small);
    await eventually(isModal, 'modal once more', true);
    await visitor.close();
    expect(await visitor.launcher.evaluate((e) => e.matches(':focus'))).toBe(true);
    expect(await isBehind()).toBe(true);
  });

  test('stays closed on a next page that it would cover, and leaves the focus alone', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ viewport: large }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'I fold my screen');
    await visitor.page.setViewportSize(small);
    await visitor.page.reload();
    await dialog.says('Are you there?');
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'the badge', 'Open chat, unread messages: 1');
    expect(await visitor.window.isVisible()).toBe(false);
    expect(await visitor.page.evaluate(() => document.activeElement === document.body)).toBe(true);
    // Nor on the one after that, though there is room.
    await visitor.page.setViewportSize(large);
    await visitor.page.reload();
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'the badge', 'Open chat, unread messages: 1');
    expect(await visitor.window.isVisible()).toBe(false);
  });
});
