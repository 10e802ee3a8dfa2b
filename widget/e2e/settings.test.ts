import type { BrowserContext, Locator } from 'playwright-core';
import { violations } from './stack/axe';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const tablet = { viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true };
const computer = { viewport: { width: 1280, height: 800 } };

/** A page of the shop with the chat of another site. */
async function of(site: string, context: BrowserContext, facts: Facts): Promise<Visitor> {
  await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/${site}.js` }));
  const visitor = new Visitor(await context.newPage());
  await visitor.page.goto(facts.visitor_url);
  await visitor.page.locator('anteroom-chat .launcher').waitFor({ state: 'attached' });
  return visitor;
}

const style = (element: Locator, ...names: string[]): Promise<string[]> => element.evaluate((e, all) => all.map((name) => getComputedStyle(e).getPropertyValue(name)), names);
const opens = ({ page }: Visitor): Promise<unknown> => page.evaluate('Anteroom.open()');

describe('A site that is always', () => {
  const looks = {
    light: { button: ['rgb(255, 212, 0)', 'rgb(74, 43, 0)'], window: ['light', 'rgb(255, 255, 255)', 'rgb(22, 25, 29)'], colour: '#ffd400' },
    dark: { button: ['rgb(34, 70, 61)', 'rgb(183, 240, 207)'], window: ['dark', 'rgb(22, 24, 28)', 'rgb(236, 238, 241)'], colour: '#22463d' },
  } as const;

  for (const [theme, colorScheme] of [['light', 'dark'], ['dark', 'light']] as const) {
    test(`${theme} is so, with its own text on its colour, on a system that is ${colorScheme}, and on one that is no more`, async ({ profiles, facts }) => {
      const visitor = await of(theme, await profiles.fresh({ ...tablet, colorScheme }), facts);
      const { page, launcher, window } = visitor;
      const { button, window: drawn, colour } = looks[theme];
      const look = async (): Promise<void> => {
        expect(await style(launcher, 'background-color', 'color')).toEqual(button);
        expect(await style(window, 'color-scheme', 'background-color', 'color')).toEqual(drawn);
        expect(await style(window.locator('header'), 'background-color', 'color')).toEqual(button);
        expect(await violations(page, 'anteroom-chat')).toEqual([]);
      };
      await visitor.open();
      await visitor.says('Is it easy on the eyes?');
      await visitor.seesState('Is it easy on the eyes?', 'Sent');
      await screenshot(visitor, `always-${theme}`);
      await look();
      // The system changes while the page is open.
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForFunction((scheme) => new Promise((done) => requestAnimationFrame(() => done(matchMedia(`(prefers-color-scheme: ${scheme})`).matches))), theme);
      await look();
      await page.goto(`${facts.public_url}/${theme}/chat`);
      await visitor.textbox.waitFor();
      expect(await style(window, 'color-scheme', 'background-color', 'color')).toEqual(drawn);
      expect(await page.locator('meta[name=color-scheme]').getAttribute('content')).toBe(theme);
      // What a phone paints its own bars with.
      expect(await page.locator('meta[name=theme-color]').evaluateAll((all) => all.map((e) => (e as HTMLMetaElement).content))).toEqual([colour, colour]);
    });
  }
});

describe('The drawing of the button', () => {
  // Points that only one of the drawings covers in its own way: in the middle below, and in the corner.
  for (const [site, drawing, middle, corner] of [
    ['shop', 'a bubble', true, false],
    ['look', 'a question mark, whose dot is cut out', false, false],
    ['dark', 'the path of the owner', true, true],
  ] as const) {
    test(`of the site ${site} is ${drawing}, in the colour of the text`, async ({ profiles, facts }) => {
      const { launcher } = await of(site, await profiles.fresh(phone), facts);
      await launcher.waitFor();
      const path = launcher.locator('path').first();
      const covers = await path.evaluate((e) => [[12, 16.7], [4.5, 4.5]].map(([x, y]) => (e as SVGPathElement).isPointInFill(new DOMPoint(x, y))));
      expect(covers).toEqual([middle, corner]);
      expect(await style(path, 'fill')).toEqual(await style(launcher, 'color'));
      if (site === 'dark') expect(await path.getAttribute('d')).toBe('M4 4h16v16H4z');
      const drawn = await launcher.locator('svg').boundingBox();
      expect(drawn?.width).toBe(Math.round(Number((await launcher.boundingBox())?.height) / 2));
    });
  }
});

describe('Kinds of devices on which there is no button', () => {
  const turned = { width: 844, height: 390 };
  for (const [kinds, site, without, otherwise, others] of [
    ['phones', 'light', phone, turned, [tablet, computer]],
    ['computers', 'dark', computer, phone.viewport, [tablet, phone]],
  ] as const) {
    test(`${kinds} have none, the others have it, and a link of the page opens the window all the same`, async ({ profiles, facts }) => {
      const visitor = await of(site, await profiles.fresh(without), facts);
      expect(await visitor.launcher.count()).toBe(0);
      await visitor.page.setViewportSize(otherwise);
      expect(await visitor.launcher.count()).toBe(0);
      await opens(visitor);
      await visitor.textbox.waitFor();
      expect(await visitor.launcher.count()).toBe(0);
      for (const other of others) await (await of(site, await profiles.fresh(other), facts)).launcher.waitFor();
    });
  }
});

/** How many pixels of its height are on a screen of that height. */
async function inSight(what: Locator, screen: number): Promise<number> {
  const { y = 0, height = 0 } = (await what.boundingBox()) ?? {};
  return Math.min(y + height, screen) - y;
}

describe('A site that says nothing outside of the opening hours', () => {
  test('takes what is written, and says nothing above it', async ({ profiles, facts, operator }) => {
    const told = await of('look', await profiles.fresh(computer), facts);
    await told.open();
    await told.window.locator('.away').waitFor();
    // At 400% there is room to write, and to read what is answered.
    await told.page.setViewportSize({ width: 320, height: 200 });
    await eventually(() => inSight(told.textbox, 200), 'all of the text field', 40);
    expect(await inSight(told.window.locator('.log'), 200)).toBeGreaterThan(40);
    const visitor = await of('light', await profiles.fresh(computer), facts);
    await visitor.open();
    await visitor.says('Is anybody awake?');
    await visitor.seesState('Is anybody awake?', 'Sent');
    await operator.dialog('Is anybody awake?');
    await eventually(() => visitor.window.locator('.away').count(), 'words about the hours', 0);
    expect(await visitor.window.getByText(/^off$|^Back |not here at the moment/).count()).toBe(0);
  });
});
