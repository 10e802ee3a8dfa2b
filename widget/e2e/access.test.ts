import type { Locator } from 'playwright-core';
import { violations } from './stack/axe';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };

/** The accessible name, or else the tag, of what has the focus; "page" if that is not in the chat. */
async function focus(visitor: Visitor): Promise<string> {
  return visitor.page.evaluate(() => {
    const { activeElement: host } = document;
    const e = host?.shadowRoot?.activeElement;
    return e ? (e.getAttribute('aria-label') ?? e.tagName.toLowerCase()) : 'page';
  });
}

/** Buttons and fields on the screen that are smaller than so many CSS pixels, with their sizes. */
async function tooSmall(visitor: Visitor, least: number, selector = 'button, input, textarea, a.file'): Promise<string[]> {
  return visitor.window.evaluate(
    (window, [of, px]) =>
      [...window.querySelectorAll(of)].flatMap((e) => {
        const { width, height } = e.getBoundingClientRect();
        return width && Math.min(width, height) < px ? [`${e.ariaLabel ?? e.className}: ${width} x ${height}`] : [];
      }),
    [selector, least] as const,
  );
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const edge = (of: Element): string => getComputedStyle(of).borderTopStyle;

describe('For everybody', () => {
  test('axe finds nothing in any state of the window', { timeout: 120_000 }, async ({ visitor, operator }) => {
    const check = async (state: string): Promise<void> => expect(await violations(visitor.page, 'anteroom-chat'), state).toEqual([]);
    await check('closed');
    const dialog = await meet(visitor, operator, 'Is there a ramp?');
    await dialog.says('Yes, at the side entrance: https://example.com/ramp');
    await visitor.sees('at the side entrance');
    await dialog.reacts(dialog.first.event_id, '👍');
    await visitor.log.getByRole('button', { name: /👍/ }).waitFor();
    await check('open');
    await visitor.message('at the side entrance').hover();
    await visitor.message('at the side entrance').getByRole('button', { name: 'Message actions' }).click();
    await visitor.page.getByRole('menu').waitFor();
    await check('a menu');
    expect(await tooSmall(visitor, 24)).toEqual([]);
    await visitor.page.keyboard.press('Escape');
    await visitor.window.getByRole('button', { name: /emoji/i }).click();
    await visitor.window.getByPlaceholder('Search emoji').waitFor();
    await check('emoji');
    await visitor.page.keyboard.press('Escape');
    await visitor.textbox.fill('x'.repeat(600));
    await check('too long');
  });

  test('in a page that is zoomed to 200 % or turned, what is written in stays, and only the messages scroll', async ({ visitor, operator }) => {
    const { page, textbox, window } = visitor;
    const dialog = await meet(visitor, operator, 'Is it high enough?');
    for (let i = 0; i < 12; i++) await dialog.says(`Step ${i}.`);
    await visitor.sees('Step 11.');
    for (const [width, height] of [[640, 360], [844, 390], [1000, 490], [320, 256]] as const) {
      await page.setViewportSize({ width, height });
      await window.getByRole('button', { name: 'Emoji' }).click();
      await window.getByPlaceholder('Search emoji').waitFor();
      await window.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
      const box = async (of: Locator): Promise<Box> => (await of.boundingBox()) as Box;
      // The focus, or the keys of a screen reader, may go to what is drawn for nobody.
      await window.evaluate((all) => all.querySelectorAll('.sr').forEach((e) => e.scrollIntoView({ block: 'start' })));
      const [whole, head, field] = await Promise.all([box(window), box(window.getByRole('heading').first()), box(textbox)]);
      expect([width, head.y >= whole.y, field.y + field.height <= whole.y + whole.height]).toEqual([width, true, true]);
      expect(await window.evaluate((all) => [all.scrollTop, all.querySelector('.middle')?.scrollTop])).toEqual([0, 0]);
      await page.keyboard.press('Escape');
    }
  });

  test('the keys do what the table says', async ({ visitor, operator }) => {
    const { page } = visitor;
    await visitor.launcher.focus();
    await page.keyboard.press('Enter');
    await visitor.textbox.waitFor();
    await eventually(() => focus(visitor), 'the focus in the message field', 'Message');
    await page.keyboard.type('Two');
    await page.keyboard.press('Shift+Enter');
    await page.keyboard.type('lines');
    await page.keyboard.press('Enter');
    const dialog = await operator.dialog('Two\nlines');
    await dialog.says('I see two');
    const actions = (await visitor.sees('I see two')).getByRole('button', { name: 'Message actions' });
    await actions.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    const items = page.getByRole('menuitem');
    const chosen = (): Promise<number> => items.evaluateAll((all) => all.findIndex((item) => item.matches(':focus')));
    await page.keyboard.press('End');
    await eventually(chosen, 'the focus on the last item', (await items.count()) - 1);
    await page.keyboard.press('Home');
    await eventually(chosen, 'the focus on the first item', 0);
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await eventually(() => focus(visitor), 'the focus on the button of the menu', 'Message actions');
    // On the site's colour the ring is of what is written on it: the window's own might be that colour.
    const close = visitor.window.locator('header button').last();
    await close.focus();
    expect(await close.evaluate((b) => getComputedStyle(b).outlineColor === getComputedStyle(b).color && getComputedStyle(b).outlineStyle)).toBe('solid');
    await page.keyboard.press('Escape');
    await visitor.window.waitFor({ state: 'hidden' });
    await eventually(() => visitor.launcher.evaluate((b) => (b.getRootNode() as ShadowRoot).activeElement === b), 'the focus on the launcher', true);
  });

  test('a message is read out once, and the history never', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Read me this');
    await dialog.says('Before the reload');
    await visitor.sees('Before the reload');
    await visitor.page.reload();
    await visitor.open();
    await visitor.sees('Before the reload');
    // What is there at first came while the region was silent.
    expect(await visitor.page.locator('[aria-live=assertive]').count()).toBe(0);
    await eventually(() => visitor.log.getAttribute('aria-live'), 'the region', 'polite');
    await dialog.says('News');
    await visitor.sees('News');
    await eventually(async () => (await visitor.window.getByText('News', { exact: true }).all()).length, 'its elements', 1);
  });

  test('on a phone the keys stay inside, fields do not zoom, and fingers find the buttons', async ({ profiles, facts, operator }) => {
    const visitor = await Visitor.visit(await profiles.fresh(phone), facts.visitor_url);
    await meet(visitor, operator, 'From the bus');
    for (let i = 0; i < 25; i++) {
      await visitor.page.keyboard.press(i % 5 === 4 ? 'Shift+Tab' : 'Tab');
      // Behind the last there is the browser's own bar, and then the first again: never the page.
      expect(await visitor.page.evaluate(() => [document.body, document.querySelector('anteroom-chat')].includes(document.activeElement as HTMLElement))).toBe(true);
    }
    const sizes = await visitor.window.locator('textarea, input:not([type=file])').evaluateAll((fields) => fields.map((f) => Number.parseFloat(getComputedStyle(f).fontSize)));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(16);
    expect(await tooSmall(visitor, 44, 'header button, .row button')).toEqual([]);
    expect(await tooSmall(visitor, 24)).toEqual([]);
    await screenshot(visitor, 'access-phone');
  });

  test('at 320 px, as at 400% zoom, nothing is cut off or scrolls sideways', async ({ profiles, facts, operator }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ viewport: { width: 320, height: 256 } }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Averyveryverylongwordthatdoesnotfitintoanylineofthissmallwindowatall');
    await dialog.says('Short');
    await visitor.sees('Short');
    const wide = await visitor.window.evaluate((w) => [w, ...w.querySelectorAll('*')].filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'hidden').map((e) => e.className));
    expect(wide).toEqual([]);
    expect((await visitor.window.boundingBox())?.width).toBeLessThanOrEqual(320);
    await visitor.textbox.scrollIntoViewIfNeeded();
    expect(await visitor.textbox.isVisible()).toBe(true);
    await screenshot(visitor, 'access-320');
  });

  test('in forced colours edges and the focus are seen; who wants less motion sees none', async ({ profiles, facts, operator }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ forcedColors: 'active', colorScheme: 'dark', reducedMotion: 'reduce' }), facts.visitor_url);
    await screenshot(visitor, 'access-forced-closed');
    const dialog = await meet(visitor, operator, 'Which colours?');
    await dialog.says('Yours');
    const bubble = (await visitor.sees('Yours')).locator('.bubble');
    expect(await visitor.window.evaluate(edge)).toBe('solid');
    expect(await bubble.evaluate(edge)).toBe('solid');
    await visitor.textbox.focus();
    expect(await visitor.textbox.evaluate((e) => getComputedStyle(e).outlineStyle)).toBe('solid');
    expect(await visitor.window.evaluate((e) => getComputedStyle(e).animationName)).toBe('none');
    await screenshot(visitor, 'access-forced');

    // Where there is no background, what is only one would be a word among others.
    const context = await profiles.fresh({ forcedColors: 'active' });
    await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/forms.js` }));
    const asked = await Visitor.visit(context, facts.visitor_url);
    await asked.launcher.click();
    expect(await asked.window.getByRole('button', { name: 'Start the chat' }).evaluate(edge)).toBe('solid');
    await screenshot(asked, 'access-forced-form');
  });
});
