import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { faults, pageFaults } from './stack/axe';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';


const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const tablet = { viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true };

/** A page of the shop with the chat of a site that looks as unlike it as can be. */
async function dressed(context: BrowserContext, facts: Facts, path = ''): Promise<Visitor> {
  await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/look.js` }));
  const visitor = new Visitor(await context.newPage());
  await visitor.page.goto(facts.visitor_url + path);
  return visitor;
}

const style = (of: Locator, name: string): Promise<string> => of.evaluate((e, n) => getComputedStyle(e).getPropertyValue(n), name);
const place = async (of: Locator): Promise<readonly number[]> => {
  const box = await of.boundingBox();
  return box ? [box.x, box.y + box.height].map(Math.round) : [];
};

describe("A site's own look", () => {
  test('the button has its text, drawing, place and layer; the window its team, and says that nobody is there', async ({ profiles, facts }) => {
    const visitor = await dressed(await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const launcher = visitor.page.getByRole('button', { name: 'Ask us: open chat' });
    await launcher.waitFor();
    expect(await place(launcher)).toEqual([32, 800 - 48]);
    expect((await launcher.boundingBox())?.height).toBe(52);
    expect(await style(launcher, 'z-index')).toBe('5000');
    expect([await style(launcher, 'background-color'), await style(launcher, 'color')]).toEqual(['rgb(255, 212, 0)', 'rgb(17, 17, 17)']);
    await screenshot(visitor, 'look-closed');
    expect(await faults(visitor)).toEqual([]);
    await visitor.open();
    const { window } = visitor;
    expect((await place(window))[0]).toBe(32);
    await window.getByText('Anna, Ben and Mia answer').waitFor();
    await eventually(() => window.locator('header img').evaluate((e) => (e as HTMLImageElement).naturalWidth), 'the picture', 80);
    await window.getByText('The studio is closed.').waitFor();
    await window.getByText(/^Back [A-Z][a-z]+day,? 1 January, \d+:00$/).waitFor();
    await screenshot(visitor, 'look-open');
    expect(await faults(visitor)).toEqual([]);
    expect(await style(visitor.launcher, 'width')).toBe('52px');
  });

  test('a text that is longer than a small screen is cut, and leaves the drawing its place', async ({ profiles, facts }) => {
    const { page, launcher } = await dressed(await profiles.fresh({ ...phone, viewport: { width: 280, height: 600 } }), facts);
    await launcher.waitFor();
    // As of the 24 characters that the config takes.
    await page.locator('anteroom-chat').evaluate((e) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('.launcher[aria-expanded=false]::after{content:"Задайте вопрос менеджеру"!important}');
      e.shadowRoot?.adoptedStyleSheets.push(sheet);
    });
    const text = await launcher.evaluate((e) => Number.parseFloat(getComputedStyle(e, '::after').width));
    const room = await launcher.evaluate((e) => e.getBoundingClientRect().right - (e.querySelector('svg')?.getBoundingClientRect().right ?? 0));
    expect(text).toBeLessThan(room);
  });

  test('in the dark it has the other colour, on phones the other place, in Russian its own words', async ({ profiles, facts }) => {
    const visitor = await dressed(await profiles.fresh({ ...phone, colorScheme: 'dark', locale: 'ru-RU' }), facts, 'ru/');
    const launcher = visitor.page.getByRole('button', { name: 'Спросите нас: открыть чат' });
    await launcher.waitFor();
    expect(await place(launcher)).toEqual([12, 844 - 70]);
    expect([await style(launcher, 'background-color'), await style(launcher, 'color')]).toEqual(['rgb(91, 61, 245)', 'rgb(255, 255, 255)']);
    await launcher.tap();
    await visitor.window.getByText('Отвечают Анна, Бен и Мия').waitFor();
    await visitor.window.getByText('Студия закрыта.').waitFor();
    await screenshot(visitor, 'look-phone-dark');
    expect(await faults(visitor)).toEqual([]);
  });

  test('there is no button where the site hides it, also when an app changes the address; its own link opens the window there', async ({ profiles, facts }) => {
    const { page, launcher, window } = await dressed(await profiles.fresh(), facts);
    await launcher.click();
    await window.waitFor();
    await page.evaluate(() => history.pushState(null, '', '/cart/pay'));
    await window.waitFor({ state: 'hidden' });
    await launcher.waitFor({ state: 'hidden' });
    await page.evaluate(() => (globalThis as unknown as { Anteroom: { open(): void } }).Anteroom.open());
    await window.waitFor();
    await page.evaluate(() => history.back());
    await launcher.waitFor();
    await page.goto(`${facts.visitor_url}cart`);
    await page.waitForFunction(() => document.querySelector('anteroom-chat')?.classList.contains('off'));
    expect(await launcher.isVisible()).toBe(false);
  });

  test('hiding costs one small file, which connects nothing', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const asked: string[] = [];
    const host = new URL(facts.public_url).host;
    context.on('request', (request) => {
      const { host: of, pathname } = new URL(request.url());
      if (of === host) asked.push(pathname.replace(/^\/widget\/(?:.*\/)?/, '').replace(/-[\w-]{6}\.js$/, ''));
    });
    const { page } = await dressed(context, facts);
    await page.waitForFunction(() => document.querySelector('anteroom-chat')?.classList.contains('on'));
    await page.waitForLoadState('networkidle');
    expect(asked).toEqual([`${facts.site}.js`, 'hide']);
  });

  test('there is none on kinds of devices that the site names', async ({ profiles, facts }) => {
    const { page, launcher } = await dressed(await profiles.fresh(tablet), facts);
    await page.waitForFunction(() => document.querySelector('anteroom-chat')?.classList.contains('on'));
    expect(await launcher.isVisible()).toBe(false);
    await page.setViewportSize({ width: 390, height: 844 });
    await launcher.waitFor();
  });
});

describe('The page that is all chat', () => {
  test('has all that it says in one column, also that nobody is there', async ({ profiles, facts }) => {
    const visitor = new Visitor(await (await profiles.fresh({ viewport: { width: 1280, height: 800 } })).newPage());
    await visitor.page.goto(`${facts.public_url}/look/chat`);
    const away = visitor.window.locator('.away');
    await away.waitFor();
    const { x, width } = (await away.boundingBox()) ?? { x: 0, width: 0 };
    expect([x, width]).toEqual([260, 760]);
  });

  test('is open at once, fills the screen, cannot be closed, and talks to operators', async ({ profiles, operator, facts }) => {
    const visitor = new Visitor(await (await profiles.fresh({ viewport: { width: 1280, height: 800 } })).newPage());
    const { page, window, textbox } = visitor;
    await page.goto(`${facts.public_url}/${facts.site}/chat`);
    await textbox.waitFor();
    expect(await page.title()).toBe('Glina');
    expect(await window.boundingBox()).toEqual({ x: 0, y: 0, width: 1280, height: 800 });
    await eventually(() => textbox.evaluate((e) => e.matches(':focus')), 'the focus in the text box', true);
    await page.keyboard.press('Escape');
    await visitor.says('From the poster on your door');
    const dialog = await operator.dialog('From the poster on your door');
    await dialog.says('Come in!');
    await visitor.sees('Come in!');
    expect(await window.getByRole('button', { name: /close/i }).count()).toBe(0);
    expect(await visitor.launcher.count()).toBe(0);
    await screenshot(visitor, 'chat-page');
    expect(await pageFaults(page)).toEqual([]);
    await page.reload();
    await visitor.sees('Come in!');
  });

  test('on a phone, dark, in the language that the link asks for; with an icon of the site', async ({ profiles, facts }) => {
    const visitor = new Visitor(await (await profiles.fresh({ ...phone, colorScheme: 'dark' })).newPage());
    const { page, window } = visitor;
    await page.goto(`${facts.public_url}/look/chat?lang=ru`);
    await window.getByText('Отвечают Анна, Бен и Мия').waitFor();
    expect(await page.title()).toBe('Студия «Вид»');
    expect(await window.boundingBox()).toEqual({ x: 0, y: 0, width: 390, height: 844 });
    const icon = await page.locator('link[rel=icon]').evaluate((e) => (e as HTMLLinkElement).href);
    expect((await page.request.get(icon)).headers()['content-type']).toBe('image/png');
    // As the keyboard of a phone does.
    await page.setViewportSize({ width: 390, height: 420 });
    await eventually(async () => {
      const box = await visitor.textbox.boundingBox();
      return !!box && box.y + box.height <= 420;
    }, 'the text box above the keyboard', true);
    await page.setViewportSize({ width: 390, height: 844 });
    await screenshot(visitor, 'chat-page-phone-dark');
    expect(await pageFaults(page)).toEqual([]);
  });
});

const frame = (page: Page): FrameLocator => page.frameLocator('iframe:not(.coming)');

describe('The preview', () => {
  test('stays beside its settings, and covers nothing of what is to be copied below them', async ({ profiles, facts }) => {
    const page = await (await profiles.fresh({ viewport: { width: 1360, height: 900 } })).newPage();
    await page.goto(`${facts.public_url}/${facts.site}/preview`);
    await frame(page).locator('.launcher').waitFor();
    await page.locator('fieldset.section').last().scrollIntoViewIfNeeded();
    expect((await page.locator('.screen').boundingBox())?.y).toBeLessThan(200);
    const take = page.getByRole('region', { name: 'Take it over' });
    await take.evaluate((e) => e.scrollIntoView());
    const screen = await page.locator('.screen').boundingBox();
    expect(screen && screen.y + screen.height).toBeLessThanOrEqual((await take.boundingBox())?.y ?? 0);
  });

  test('shows each change at once, says what is wrong with one, and writes the lines of the config', async ({ profiles, operator, facts }) => {
    const page = await (await profiles.fresh({ viewport: { width: 1360, height: 900 } })).newPage();
    await page.goto(`${facts.public_url}/${facts.site}/preview`);
    const launcher = frame(page).locator('.launcher');
    await launcher.waitFor();
    expect(await style(launcher, 'background-color')).toBe('rgb(162, 72, 31)');
    // Of visitors: those of the demo's other sites may still be coming.
    const talks = (): number => [...operator.rooms.values()].filter(({ events }) => events.some((e) => e.type === 'm.room.message' && e.sender.startsWith('@anteroom_'))).length;
    const before = talks();
    await page.getByLabel('Colour', { exact: true }).fill('#1f6f5c');
    await eventually(() => style(frame(page).locator('.launcher'), 'background-color'), 'the colour', 'rgb(31, 111, 92)');
    await page.getByRole('group', { name: 'Text on the button' }).getByLabel('English').fill('Ask "us"');
    await frame(page).getByRole('button', { name: 'Ask "us": open chat' }).waitFor();
    await page.getByRole('radio', { name: 'Left' }).check();
    await eventually(async () => (await place(frame(page).locator('.launcher')))[0] ?? 999, 'the place', (await page.locator('.screen').boundingBox().then((b) => Math.round((b?.x ?? 0) + 1))) + 20);
    await page.getByRole('button', { name: 'Open the chat' }).click();
    await frame(page).getByRole('textbox', { name: 'Message' }).waitFor();
    await page.getByRole('group', { name: 'Title', exact: true }).getByLabel('English').fill('Clay & fire');
    await frame(page).getByRole('heading', { name: 'Clay & fire' }).waitFor();
    await page.getByLabel('Choose the colour of the text').check();
    await page.getByLabel('Text on it', { exact: true }).fill('#205040');
    await page.getByText(/contrast of 1\.\d:1, and text needs 4\.5:1/).waitFor();
    await page.getByLabel('Choose the colour of the text').uncheck();
    await page.getByText('This is not right yet').waitFor({ state: 'hidden' });
    const yaml = page.getByRole('group', { name: /^In config.yaml/ });
    await eventually(() => yaml.textContent(), 'the lines', `    widget:
      title:
        en: Clay & fire
        ru: Глина
      greeting:
        en: Hello! Ask us about sizes, glazes or delivery.
        ru: Здравствуйте! Спросите о размерах, глазурях или доставке.
      color: '#1f6f5c'
      position: left
      launcher:
        text:
          en: Ask "us"
`);
    await page.getByText(`<script async src="${facts.public_url}/widget/shop.js"></script>`).waitFor();
    await page.screenshot({ path: '../build/e2e/preview.png', fullPage: true });
    expect(await pageFaults(page)).toEqual([]);
    // Looked at, opened and closed: nobody was called.
    expect(talks()).toBe(before);
    await page.getByRole('button', { name: 'Back to the site’s settings' }).click();
    await eventually(() => style(frame(page).locator('.launcher'), 'background-color'), 'the colour', 'rgb(162, 72, 31)');
  });

  test('shows each moment of a talk as the settings have it, and nothing that is pressed there goes anywhere', async ({ profiles, facts }) => {
    const page = await (await profiles.fresh({ viewport: { width: 1360, height: 900 } })).newPage();
    const sent: string[] = [];
    page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))));
    await page.goto(`${facts.public_url}/look/preview`);
    await frame(page).locator('.launcher').waitFor();
    const moment = page.getByLabel('Moment of a talk');
    const window = frame(page).getByRole('dialog');
    const asks = async (form: string): Promise<void> => void (await page.getByRole('group', { name: form }).getByLabel('E-mail address').selectOption('must'));
    await asks('Form before the talk');
    await asks('Form while nobody is there');
    await page.getByRole('group', { name: 'Outside of the opening hours' }).getByLabel('English').fill('Only owls are here.');
    await page.getByLabel('Rating of a closed dialog').selectOption('stars');
    await page.getByLabel('Telegram name').fill('look_studio');

    await eventually(() => moment.locator('option').allInnerTexts(), 'what is offered', ['As it is now', 'Before the talk', 'Outside of the opening hours', 'When it is closed']);
    await moment.selectOption('Before the talk');
    await window.getByRole('form', { name: 'Please introduce yourself' }).waitFor();
    await window.getByRole('link', { name: /Telegram/ }).waitFor();
    await page.screenshot({ path: '../build/e2e/preview-start.png' });

    await moment.selectOption('Outside of the opening hours');
    await window.getByText('Only owls are here.').waitFor();
    const form = window.getByRole('form', { name: 'Leave us a message, and we will answer' });
    await form.getByLabel('E-mail address').fill('owl@example.com');
    await form.getByLabel('Message').fill('Hoo?');
    expect(await pageFaults(page)).toEqual([]);
    await page.screenshot({ path: '../build/e2e/preview-away.png' });
    await form.getByRole('button', { name: 'Send' }).click();
    await form.waitFor({ state: 'hidden' });
    expect(await window.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('');

    await moment.selectOption('When it is closed');
    await window.getByRole('radio', { name: /4/ }).check({ force: true });
    await window.getByRole('button', { name: 'Send', exact: true }).first().click();
    await window.getByText('How did we do?').waitFor({ state: 'hidden' });
    await moment.selectOption('As it is now');
    await window.getByText('The studio is closed.').waitFor();
    expect(sent.filter((said) => /"t":"(form|rate|message)"/.test(said))).toEqual([]);
  });

  test('as on a phone, dark and in Russian; on a phone; and what is written there is written', async ({ profiles, operator, facts }) => {
    const page = await (await profiles.fresh({ ...phone, colorScheme: 'dark' })).newPage();
    await page.goto(`${facts.public_url}/${facts.site}/preview?lang=ru`);
    await page.getByRole('heading', { name: 'Как выглядит чат сайта Glina' }).waitFor();
    await page.getByRole('radio', { name: 'Телефон' }).check();
    await page.getByRole('button', { name: 'Открыть чат' }).first().click();
    const text = frame(page).getByRole('textbox', { name: 'Сообщение' });
    await text.fill('Проба от хозяина сайта');
    await text.press('Enter');
    await operator.dialog('Проба от хозяина сайта');
    await page.screenshot({ path: '../build/e2e/preview-phone-dark.png', fullPage: true });
    expect(await pageFaults(page)).toEqual([]);
  });
});

describe('The module', () => {
  test('mounts the chat once, on a page that imports it, and has types', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const module = `${facts.public_url}/widget/${facts.site}.mjs`;
    // The page has no tag.
    await context.route(`**/widget/${facts.site}.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: '' }));
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(facts.visitor_url);
    // As text: what the tests are run by would take the import for one of its own.
    const mounted = await visitor.page.evaluate(`import('${module}').then(({ mount }) => [mount() === mount(), mount() === window.Anteroom, document.querySelectorAll('anteroom-chat').length])`);
    expect(mounted).toEqual([true, true, 1]);
    await visitor.open();
    await visitor.says('From an app');
    await operator.dialog('From an app');
    expect(await (await visitor.page.request.get(module.replace('.mjs', '.d.ts'))).text()).toContain(`declare module "${module}"`);
  });
});
