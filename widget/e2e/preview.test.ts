import type { BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { describe, eventually, expect, test } from './stack/fixtures';
import type { Facts } from './stack/start';

const computer = { viewport: { width: 1360, height: 900 } };

/** The page of the site's owner, with the chat in it. */
async function preview(context: BrowserContext, facts: Facts, site = facts.site): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${facts.public_url}/${site}/preview`);
  await launcher(page).waitFor();
  return page;
}

const frame = (page: Page): FrameLocator => page.frameLocator('iframe:not(.coming)');
const launcher = (page: Page): Locator => frame(page).locator('.launcher');
const group = (page: Page, name: string): Locator => page.getByRole('group', { name, exact: true });

/** Waits until the lines of the config have one like that, and what is shown is of the same settings. */
async function writes(page: Page, line: RegExp | string): Promise<void> {
  await page.getByRole('group', { name: /^In config.yaml/ }).filter({ hasText: line }).waitFor();
  await page.locator('iframe.coming').waitFor({ state: 'detached' });
}

/** What the button has of a property; asked again while another page comes into the frame. */
const style = (page: Page, name: string, right: string): Promise<void> =>
  eventually(() => launcher(page).evaluate((e, of) => getComputedStyle(e).getPropertyValue(of), name), name, right);

/** How far the button is from the side and from below, in the frame. */
const place = (page: Page, side: 'right' | 'left', right: readonly [number, number]): Promise<void> =>
  eventually(
    () => launcher(page).evaluate((e, at) => {
      const box = e.getBoundingClientRect();
      return [at === 'left' ? box.left : document.documentElement.clientWidth - box.right, innerHeight - box.bottom].map(Math.round);
    }, side),
    'its place',
    [...right],
  );

describe('The preview shows at once', () => {
  test('colours of the dark, a theme that stays, drawing, size, places and layer', { timeout: 120_000 }, async ({ profiles, facts }) => {
    const page = await preview(await profiles.fresh(computer), facts);
    await page.getByLabel('Another colour where the chat is dark').check();
    await page.getByLabel('Colour, dark', { exact: true }).fill('#5b3df5');
    await writes(page, "dark_color: '#5b3df5'");
    await style(page, 'background-color', 'rgb(162, 72, 31)');
    await page.getByRole('radio', { name: 'Dark', exact: true }).check();
    await style(page, 'background-color', 'rgb(91, 61, 245)');
    await group(page, 'Colours').getByLabel('Choose the colour of the text').last().check();
    await page.getByLabel('Text on it, dark', { exact: true }).fill('#ffe9a8');
    await style(page, 'color', 'rgb(255, 233, 168)');
    const theme = page.getByLabel('Light or dark');
    await theme.selectOption('Always light');
    await style(page, 'background-color', 'rgb(162, 72, 31)');
    await page.getByRole('radio', { name: 'Light', exact: true }).check();
    await theme.selectOption('Always dark');
    await style(page, 'background-color', 'rgb(91, 61, 245)');
    await writes(page, 'theme: dark');

    const drawing = (right: unknown): Promise<void> => eventually(() => launcher(page).locator('path').first().getAttribute('d'), 'the drawing', right as string);
    const icon = page.getByLabel('Drawing', { exact: true });
    await icon.selectOption('Letter');
    await drawing(expect.stringMatching(/^M4\.5 5h15/));
    await icon.selectOption('Your own');
    await page.getByLabel(/^Path data of your own drawing/).fill('M2 12h20v4H2z');
    await drawing('M2 12h20v4H2z');
    await page.getByLabel('Height, pixels').fill('84');
    await style(page, 'height', '84px');
    await page.getByLabel('Layer (z-index)').fill('77');
    await style(page, 'z-index', '77');
    const [far, onPhones] = [group(page, 'Distance from the edges, pixels'), group(page, 'The same on phones')];
    await far.getByLabel('Side').fill('44');
    await far.getByLabel('Bottom').fill('66');
    await onPhones.getByLabel('Side').fill('7');
    await onPhones.getByLabel('Bottom').fill('99');
    await place(page, 'right', [44, 66]);
    await page.getByRole('radio', { name: 'Phone', exact: true }).check();
    await place(page, 'right', [7, 99]);
  });

  test('the words of the window, consent with its page, and the language for who speaks none of them', { timeout: 120_000 }, async ({ profiles, facts }) => {
    const page = await preview(await profiles.fresh(computer), facts);
    const window = frame(page).getByRole('dialog');
    await page.getByRole('button', { name: 'Open the chat' }).click();
    await window.getByRole('textbox', { name: 'Message' }).waitFor();
    await group(page, 'Line below the title').getByLabel('English').fill('Mia answers in an hour');
    await window.getByText('Mia answers in an hour').waitFor();
    await group(page, 'Greeting').getByLabel('English').fill('Good day! Which glaze?');
    await window.getByText('Good day! Which glaze?').waitFor();
    await page.getByRole('radio', { name: 'Russian' }).check();
    await window.getByText('Здравствуйте! Спросите о размерах, глазурях или доставке.').waitFor();
    // In each language it is looked at whatever the chat's own is, which is of the config.
    await page.getByLabel('Language of the chat', { exact: true }).selectOption('Russian');
    await writes(page, 'language: ru');
    await page.getByRole('radio', { name: 'English' }).check();
    await window.getByText('Good day! Which glaze?').waitFor();
    await page.getByLabel('Language of the chat', { exact: true }).selectOption('As the page, else as the visitor’s browser');

    await group(page, 'What visitors agree to before anything is stored; empty for nothing').getByLabel('Russian').fill('Мы храним это неделю.');
    await page.getByLabel('Where neither speaks a language of the chat').selectOption('Russian');
    // The chat asks for consent in Russian alone, and so it speaks that on an English page as well.
    await window.getByText('Мы храним это неделю.').waitFor();
    await group(page, 'What visitors agree to before anything is stored; empty for nothing').getByLabel('English').fill('We keep it for a week.');
    await window.getByText('We keep it for a week.').waitFor();
    await group(page, 'Address of the page that says more, https://…').getByLabel('English').fill('https://glina.example/privacy');
    await eventually(() => window.getByRole('link', { name: /^Privacy policy/ }).getAttribute('href'), 'the page that says more', 'https://glina.example/privacy');
    await writes(page, /fallback: ru[^]*consent:|consent:[^]*fallback: ru/);
    await window.getByRole('button', { name: 'Agree and continue' }).waitFor();
  });

  test('what the menu of the window has of sound and notifications', async ({ profiles, facts }) => {
    const page = await preview(await profiles.fresh(computer), facts);
    const window = frame(page).getByRole('dialog');
    await page.getByRole('button', { name: 'Open the chat' }).click();
    const entries = async (): Promise<string[]> => {
      await window.getByRole('button', { name: 'Menu', exact: true }).click();
      const items = window.getByRole('menuitem');
      await items.first().waitFor();
      const all = await items.allInnerTexts();
      await page.keyboard.press('Escape');
      await items.first().waitFor({ state: 'detached' });
      return all;
    };
    const files = ['Download the conversation', 'Download it as plain text'];
    // A browser without a screen asks nobody, and says that to the page.
    const notes = expect.stringMatching(/notif/) as string;
    expect(await entries()).toEqual([...files, 'Turn the sound off', notes]);
    await page.getByLabel('A short sound of new messages').uncheck();
    await writes(page, 'sound: false');
    await window.getByRole('button', { name: 'Menu', exact: true }).waitFor();
    expect(await entries()).toEqual([...files, notes]);
    await page.getByLabel('Notifications of the visitor’s system').selectOption('None');
    await writes(page, /notifications: "?off/);
    await window.getByRole('button', { name: 'Menu', exact: true }).waitFor();
    expect(await entries()).toEqual(files);
  });

  test('in the lines alone where there is no button, which stays to be looked at; and what is said first', async ({ profiles, facts }) => {
    const page = await preview(await profiles.fresh(computer), facts);
    const pages = page.getByLabel('Pages, one pattern in a line, such as /checkout*');
    await pages.fill('elsewhere');
    await page.getByText('This is not right yet').waitFor();
    await pages.fill('/elsewhere*\n*');
    await page.getByText('This is not right yet').waitFor({ state: 'hidden' });
    await page.getByLabel('Computers').check();
    await writes(page, /hide:\s+pages: \[\/elsewhere\*, '\*'\]\s+devices: \[desktop\]/);
    await launcher(page).waitFor();

    await page.getByRole('button', { name: 'Add a message' }).click();
    const bubble = frame(page).locator('.proactive');
    await bubble.getByText('Hello! Ask us anything.').waitFor();
    await group(page, 'Message “message-1”').getByLabel('English').fill('Have you seen the blue glaze?');
    await bubble.getByText('Have you seen the blue glaze?').waitFor();
    // It is shown at once, though visitors wait for it.
    await page.getByLabel('After so long on the page, such as 5s').fill('90s');
    await writes(page, /after: 1m30s|after: 90s/);
    await bubble.getByText('Have you seen the blue glaze?').waitFor();
    await page.getByRole('button', { name: 'Remove this message' }).click();
    await bubble.getByText('Have you seen the blue glaze?').waitFor({ state: 'detached' });
  });

  test('the button that calls a person, which calls nobody there', async ({ profiles, facts }) => {
    const page = await preview(await profiles.fresh(computer), facts, 'guide');
    const calls = frame(page).getByRole('button', { name: 'Talk to a person' });
    const moment = page.getByLabel('Moment of a talk');
    await moment.selectOption('Before the talk');
    await frame(page).getByRole('textbox', { name: 'Message' }).waitFor();
    expect(await calls.count()).toBe(0);
    await page.getByLabel('A button that calls a person while the bot answers').check();
    await calls.waitFor();
    await calls.click();
    await calls.waitFor({ state: 'detached' });
    await moment.selectOption('Once a person was called');
    await frame(page).getByText('We have called a person.').waitFor();
    expect(await frame(page).getByRole('article').count()).toBe(0);
  });
});
