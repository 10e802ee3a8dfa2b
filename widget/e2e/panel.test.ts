import type { FrameLocator, Locator, Page } from 'playwright-core';
import type { Dialog } from './stack/dialog';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { panelOf } from './stack/host';
import type { Operator } from './stack/operator';
import { deskOf, linkFrom, OwnPage } from './stack/panel';

function heading(panel: FrameLocator | Page, name: string): Locator {
  return panel.getByRole('heading', { level: 1, name });
}

describe('In a Matrix client', () => {
  test('it asks once who the person is, and for nothing else', async ({ client, profiles, operator, visitor, facts }) => {
    await meet(visitor, operator, 'Is anybody there?');
    const desk = await deskOf(operator, facts.site);
    const beside = await client.open(await profiles.fresh(), operator, desk);
    await beside.panel.getByText('Please confirm it there.').waitFor();
    await beside.allows();
    await beside.panel.getByRole('button', { name: 'Sign out' }).waitFor();
    expect(await beside.asked()).toEqual({ capabilities: [[]], openID: 1, ready: 1 });
    // Another room is another frame; the session is there still.
    await beside.show(desk);
    await beside.panel.getByRole('button', { name: 'Sign out' }).waitFor();
    expect((await beside.asked()).openID).toBe(1);
  });

  test('who declines can try again, and is told of the other way', async ({ client, profiles, operator, visitor, facts }) => {
    await meet(visitor, operator, 'Hello, decliner');
    const beside = await client.open(await profiles.fresh(), operator, await deskOf(operator, facts.site));
    await beside.declines();
    await beside.panel.getByText('The client did not say who you are.').waitFor();
    await beside.panel.getByText('!panel').waitFor();
    await beside.panel.getByRole('button', { name: 'Try again' }).click();
    await beside.allows();
    await beside.panel.getByRole('button', { name: 'Sign out' }).waitFor();
  });

  test("it follows the client's theme and language", async ({ client, profiles, operator, visitor, facts }) => {
    await meet(visitor, operator, 'Hello, theme');
    const beside = await client.open(await profiles.fresh(), operator, await deskOf(operator, facts.site), { theme: 'light', language: 'ru' });
    await beside.panel.getByText('Подтвердите это там.').waitFor();
    await beside.allows();
    await beside.panel.getByRole('button', { name: 'Выйти' }).waitFor();
    const scheme = (): Promise<string> => beside.panel.locator('html').evaluate((e) => getComputedStyle(e).colorScheme);
    expect(await scheme()).toBe('light');
    await beside.sends('theme_change', { name: 'dark' });
    await eventually(scheme, 'the colours', 'dark');
  });

  test('a window that is not the client says nothing', async ({ client, profiles, operator, visitor, facts }) => {
    await meet(visitor, operator, 'Hello, stranger');
    const context = await profiles.fresh();
    const desk = await deskOf(operator, facts.site);
    const beside = await client.open(context, operator, desk);
    await beside.panel.getByText('Please confirm it there.').waitFor();
    // The frame speaks to itself, as a frame of somebody else could.
    await beside.panel.locator('html').evaluate(() => window.postMessage({ api: 'toWidget', action: 'theme_change', requestId: 'x', widgetId: 'chat.anteroom.panel', data: { name: 'dark' } }, '*'));
    // What the client says behind it is answered behind it.
    await beside.sends('visibility', { visible: true });
    expect(await beside.panel.locator('html').getAttribute('data-theme')).toBe('light');
    expect((await panelOf(operator, desk))?.url).toContain('/panel/');
  });
});

describe('By a link', () => {
  test('!panel in the room of a dialog opens the card; the link works once and is not in the address', async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'By a link, please');
    const link = await linkFrom(operator, dialog.id);
    const card = await OwnPage.open(await profiles.fresh(), link);
    const goOn = card.page.getByRole('button', { name: `Continue as ${operator.userID}` });
    await goOn.waitFor();
    expect(await card.faults()).toEqual([]);
    // By keys, from where the focus is by itself.
    await card.page.keyboard.press('Tab');
    expect(await goOn.evaluate((e) => e.matches(':focus-visible'))).toBe(true);
    expect(await card.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
    await card.picture('link');
    await card.page.keyboard.press('Enter');
    await card.page.getByRole('button', { name: 'Close dialog' }).waitFor();
    expect(card.page.url()).not.toContain('link=');
    expect(await card.page.evaluate(() => history.length)).toBeLessThan(3);

    const other = await profiles.fresh();
    profiles.expectErrors(/status of 401/);
    const late = await OwnPage.open(other, link);
    await late.page.getByRole('button', { name: /^Continue as/ }).click();
    await late.page.getByText('This link was used already').waitFor();
  });

  test("another's link is asked about where somebody is signed in, and left alone by one button", async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'Whose link is it?');
    const context = await profiles.fresh();
    const card = await OwnPage.enter(context, await linkFrom(operator, dialog.id));
    await card.page.evaluate(() => (location.hash = 'link=theirs&as=%40ben%3Aexample.org'));
    await card.page.getByRole('button', { name: 'Continue as @ben:example.org' }).waitFor();
    expect(await card.faults()).toEqual([]);
    await card.page.getByRole('button', { name: `Stay signed in as ${operator.userID}` }).press('Enter');
    await card.page.getByRole('button', { name: 'Close dialog' }).waitFor();
    expect(card.page.url()).not.toMatch(/link=|as=/);
  });
});

/** The card of the visitor of a dialog, in a page of its own. */
async function cardOf(operator: Operator, dialog: Dialog, page: (link: string) => Promise<OwnPage>): Promise<OwnPage> {
  const card = await page(await linkFrom(operator, dialog.id));
  await card.page.getByRole('button', { name: 'Close dialog' }).waitFor();
  return card;
}

describe('The card', () => {
  test('what is changed shows in all panels and in the room', async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'Two of you?');
    const context = await profiles.fresh();
    const one = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    const two = await OwnPage.open(context, one.page.url());

    await one.edits('Name', 'Lena Fischer');
    await heading(two.page, 'Lena Fischer').waitFor();
    await one.page.getByRole('combobox', { name: 'Add a tag' }).fill('wholesale');
    await one.page.keyboard.press('Enter');
    await two.page.getByRole('button', { name: 'Remove the tag wholesale' }).waitFor();
    await two.adds('E-mail', 'lena@example.com');
    await one.page.getByRole('link', { name: 'lena@example.com' }).waitFor();
    profiles.expectErrors(/status of 4\d\d/);
    await two.adds('Phone', 'no phone');
    await two.page.getByText('That is not a phone number.').waitFor();
    await two.page.keyboard.press('Escape');

    await one.page.getByRole('button', { name: 'Take' }).click();
    await two.page.getByRole('button', { name: 'Give up' }).waitFor();
    await one.page.getByRole('button', { name: 'Close dialog' }).click();
    await two.page.getByRole('button', { name: 'Reopen dialog' }).waitFor();
    await dialog.event('the notice', (e) => /closed the dialog in the panel/.test(e.content.body ?? ''));
  });

  test('it lives: page, presence and delivery change as they do', async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'Watch me');
    const context = await profiles.fresh();
    const card = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    const main = card.page.getByRole('main');
    await main.getByText('Online', { exact: true }).waitFor();
    await visitor.page.getByRole('link', { name: 'Our glazes' }).click();
    await card.page.locator('dd', { hasText: '/gallery' }).first().waitFor();
    await dialog.says('I do.');
    await visitor.sees('I do.');
    await main.getByText('Last answer: Read').waitFor();
    await visitor.page.close();
    // Who leaves may only be on the way to the next page: that is waited for, 15 s long.
    await main.getByText(/^Offline/).waitFor({ timeout: 25_000 });
  });

  test('deals and variables are kept', async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'I buy');
    const context = await profiles.fresh();
    const { page } = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    await page.getByRole('button', { name: 'Add a deal' }).click();
    await page.getByRole('textbox', { name: 'Title' }).fill('Large bowl');
    await page.getByRole('textbox', { name: 'Amount' }).fill('1 200,50');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Large bowl' }).waitFor();
    await page.getByText('€1,200.50').waitFor();
    await page.getByRole('button', { name: 'Edit Large bowl' }).click();
    await page.getByRole('combobox', { name: 'Status' }).selectOption('won');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Won', { exact: true }).waitFor();
    await page.getByText('History', { exact: true }).click();
    await page.getByText('status: Open → Won').waitFor();

    await page.getByRole('button', { name: 'Add a variable' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('budget');
    await page.getByRole('combobox', { name: 'Type' }).selectOption('number');
    await page.getByRole('textbox', { name: 'Value' }).fill('300');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Edit budget' }).waitFor();
    expect(await dialog.asks('!visitor')).toContain('budget');
  });

  test('what is typed survives the end of the session', async ({ profiles, operator, visitor }) => {
    profiles.expectErrors(/status of 401/); // of what was on its way when the session ended
    const dialog = await meet(visitor, operator, 'Do not lose it');
    const context = await profiles.fresh();
    const card = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    await card.page.getByRole('button', { name: 'Add: Note' }).click();
    await card.page.getByRole('textbox', { name: 'Note' }).fill('Half a thought');
    const other = await OwnPage.open(context, card.page.url());
    await other.page.getByRole('button', { name: 'Sign out' }).click();
    // Whichever it hears first: the other page, or the answer to what was on its way.
    await card.page.getByText(/You have signed out\.|Your session has ended\./).waitFor();
    const again = await OwnPage.enter(context, await linkFrom(operator, dialog.id));
    await again.page.getByRole('button', { name: 'Close dialog' }).waitFor();
    expect(await card.page.getByRole('textbox', { name: 'Note' }).inputValue()).toBe('Half a thought');
    await card.page.getByRole('textbox', { name: 'Note' }).press('Control+Enter');
    await again.page.getByText('Half a thought').waitFor();
  });

  test('a visitor who is forgotten is gone from all panels', async ({ profiles, operator, visitor }) => {
    // What a panel asks of the visitor at that moment is not there any more.
    profiles.expectErrors(/404 .*\/contacts\//);
    const dialog = await meet(visitor, operator, 'Forget me');
    const context = await profiles.fresh();
    const one = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    const two = await OwnPage.open(context, one.page.url());
    await two.page.getByRole('button', { name: 'Close dialog' }).waitFor();
    const number = /#(\d+)/.exec((await one.page.getByRole('heading', { level: 1 }).textContent()) ?? '')?.[1] ?? '';
    await one.page.getByRole('button', { name: 'Forget…' }).click();
    await one.page.getByRole('textbox', { name: /to confirm/ }).fill(number);
    await one.page.getByRole('button', { name: 'Forget for ever' }).click();
    for (const { page } of [one, two]) await page.getByText('There is no such visitor, or not any more.').waitFor();
  });

  test('the keyboard is enough', async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'By keys');
    const context = await profiles.fresh();
    const { page } = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    const edit = page.getByRole('button', { name: 'Edit: Name' });
    await eventually(async () => {
      await page.keyboard.press('Tab');
      return edit.evaluate((e) => e.matches(':focus-visible'));
    }, 'the focus on the name', true);
    await page.keyboard.press('Enter');
    await page.keyboard.type('Keys Only');
    await page.keyboard.press('Enter');
    await heading(page, 'Keys Only').waitFor();
    expect(await edit.evaluate((e) => e.matches(':focus'))).toBe(true);
    await page.keyboard.press('Enter');
    await page.keyboard.type('No');
    await page.keyboard.press('Escape');
    await heading(page, 'Keys Only').waitFor();
  });
});

describe('It looks as it should', () => {
  const looks = [
    ['card-320', 320, 'en', 'light'],
    ['card-400-dark', 400, 'en', 'dark'],
    ['card-400-ru', 400, 'ru', 'light'],
    ['card-1200', 1200, 'en', 'light'],
    ['card-1200-dark-ru', 1200, 'ru', 'dark'],
  ] as const;
  test('at every width, and axe finds nothing', async ({ profiles, operator, visitor }) => {
    const dialog = await meet(visitor, operator, 'How do I look?');
    await dialog.asks('!tag vip');
    await dialog.asks('!deal add Large celadon bowl 1200 EUR');
    const context = await profiles.fresh();
    const first = await cardOf(operator, dialog, (link) => OwnPage.enter(context, link));
    const address = new URL(first.page.url());
    for (const [name, width, language, theme] of looks) {
      address.search = `?lang=${language}&theme=${theme}`;
      const card = await OwnPage.open(context, address.href, width);
      await card.page.getByRole('heading', { name: 'Large celadon bowl' }).waitFor();
      await card.picture(name);
      expect(await card.faults()).toEqual([]);
      expect(await card.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await card.page.close();
    }
  });
});
