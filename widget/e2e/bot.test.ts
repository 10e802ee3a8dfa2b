import type { BrowserContext } from 'playwright-core';
import { faults } from './stack/axe';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** A page of the shop with the widget of the site that has a bot, whose chains stand in e2e/chains. */
async function guided(context: BrowserContext, facts: Facts, path = ''): Promise<Visitor> {
  await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/guide.js` }));
  return Visitor.visit(context, `${facts.visitor_url}${path}`);
}

describe('The bot', () => {
  test('offers buttons that stay, in every tab, and quick replies that go', async ({ profiles, facts, operator }) => {
    const context = await profiles.fresh();
    const visitor = await guided(context, facts);
    await visitor.open();
    await visitor.says('plans');
    const offer = await visitor.sees('Which plan interests you?');
    expect(await offer.getByRole('link', { name: 'Documentation' }).getAttribute('rel')).toBe('noopener noreferrer nofollow');
    await offer.getByRole('button', { name: 'Basic' }).click();
    await visitor.sees('Basic is free.');
    await visitor.says('plans');
    await eventually(() => visitor.message('Which plan interests you?').count(), 'the offers', 2);
    await visitor.message('Which plan interests you?').last().getByRole('button', { name: 'Team' }).click();
    await visitor.window.getByText('Assistant is typing…').waitFor();
    await visitor.sees('Is it urgent?');
    const yes = visitor.window.getByRole('button', { name: 'Yes' });
    await yes.click();
    await visitor.sees('Noted.');
    expect(await yes.count()).toBe(0);

    const other = await guided(context, facts);
    await other.open();
    await other.message('Which plan interests you?').last().getByRole('button', { name: 'Team, chosen' }).waitFor();
    const dialog = await operator.dialog('plans');
    await dialog.sees('Team');
    await dialog.sees('Yes');
  });

  test('is read, and answered, on a page at 400%', async ({ profiles, facts }) => {
    const visitor = await guided(await profiles.fresh(), facts);
    const { page, window, messages, textbox } = visitor;
    await visitor.open();
    /** How much of the messages is seen, and of what is asked for; and whether all of the text field is. */
    const rooms = async (dock: string): Promise<[number, number, boolean]> => {
      const [log, asked, field] = await Promise.all([messages, window.locator(dock), textbox].map(async (e) => (await e.boundingBox()) ?? { y: NaN, height: NaN }));
      return [log?.height ?? NaN, asked?.height ?? NaN, (field?.y ?? NaN) + (field?.height ?? NaN) <= (page.viewportSize()?.height ?? 0)];
    };
    for (const [word, question, button] of [['plans', 'Is it urgent?', 'Yes'], ['form', 'Where may we write to you?', 'E-mail address']] as const) {
      await page.setViewportSize({ width: 1280, height: 1024 });
      await visitor.says(word);
      if (word === 'plans') await visitor.message('Which plan interests you?').getByRole('button', { name: 'Team' }).click();
      const asked = await visitor.sees(question);
      const answer = window.getByRole(word === 'plans' ? 'button' : 'textbox', { name: button });
      await answer.waitFor();
      for (const [height, least] of [[256, 76], [200, 48], [150, 28]] as const) {
        await page.setViewportSize({ width: 320, height });
        await screenshot(visitor, `bot-400-${word}-${height}`);
        await eventually(async () => {
          const [log, dock, whole] = await rooms('.dock');
          return [log >= least, dock >= Math.min(least, 42), whole];
        }, `room at ${height}`, [true, true, true]);
        // The end of the talk is what is seen of it, and what is asked for can be had.
        if (height > 150) await eventually(() => asked.getByText(question).evaluate((e) => {
          const view = e.closest('.log')?.getBoundingClientRect();
          return !!view && e.getBoundingClientRect().bottom - view.top > 10;
        }), `the question at ${height}`, true);
        await answer.click({ trial: true });
      }
    }
  });

  test('asks with a form for each kind of answer', async ({ profiles, facts, operator }) => {
    const context = await profiles.fresh({ geolocation: { latitude: 55.751244, longitude: 37.618423 }, permissions: ['geolocation'] });
    const visitor = await guided(context, facts);
    const { window } = visitor;
    await visitor.open();
    await visitor.says('form');
    const email = window.getByRole('textbox', { name: 'E-mail address' });
    await email.fill('anna');
    await email.press('Enter');
    await window.getByText('This does not look like an e-mail address.').waitFor();
    await visitor.page.reload();
    await visitor.open();
    await eventually(() => email.inputValue(), 'what was half answered', 'anna');
    await email.fill('anna@example.com');
    await email.press('Enter');
    await visitor.sees('anna@example.com');
    await eventually(() => visitor.page.evaluate("sessionStorage.getItem('anteroom.guide.ask')"), 'what was answered has left the tab', '');
    await window.getByLabel('Date and time').fill('2031-12-01T15:30');
    await window.getByRole('form', { name: 'When shall we call?' }).getByRole('button', { name: 'Send' }).click();
    await visitor.sees(/1 December 2031 at 15:30/);
    await window.getByRole('checkbox', { name: 'Green tea' }).check();
    await window.getByRole('checkbox', { name: 'Coffee' }).check();
    await window.getByRole('form', { name: 'What do you like?' }).getByRole('button', { name: 'Send' }).click();
    await visitor.sees('Green tea, Coffee');
    await window.getByRole('button', { name: 'Share my location' }).click();
    await visitor.sees('55.7512, 37.6184');
    await window.getByRole('radio', { name: '4 out of 5' }).press('Space');
    await window.getByRole('form', { name: 'How was it?' }).getByRole('button', { name: 'Send' }).click();
    await visitor.sees('anna@example.com, 4: Green tea, Coffee.');
    const dialog = await operator.dialog('form');
    await dialog.sees('Green tea, Coffee');
  });

  test('makes way for an operator in the middle, goes on when told, and calls one', async ({ profiles, facts, operator }) => {
    const visitor = await guided(await profiles.fresh(), facts);
    await visitor.open();
    await visitor.says('order');
    await visitor.sees('How many boxes?');
    const dialog = await operator.dialog('order');
    await dialog.says('Hello, this is Anna. What do you need?');
    await visitor.sees('Hello, this is Anna. What do you need?');
    await visitor.says('Three');
    await dialog.sees('Three');
    expect(await dialog.asks('!bot continue')).toContain('goes on');
    await eventually(() => visitor.message('How many boxes?').count(), 'the questions', 2);
    await visitor.window.getByRole('spinbutton', { name: 'Whole number' }).fill('3');
    await visitor.window.getByRole('spinbutton', { name: 'Whole number' }).press('Enter');
    await visitor.sees('3 boxes it is.');
    expect(await visitor.message('How many boxes?').count()).toBe(2);

    await visitor.says('operator');
    await visitor.sees('One moment, I am calling a colleague.');
    await operator.wait('the call in the desk room', () => {
      for (const { events } of operator.rooms.values()) {
        const call = events.find((e) => e.content.body?.includes('Asks for a person'));
        if (call) return (call.content['m.mentions'] as { user_ids?: string[] } | undefined)?.user_ids?.includes(operator.userID);
      }
      return undefined;
    });
    await visitor.says('order');
    await dialog.sees('order');
    expect(await dialog.asks('!bot')).toContain('silent');
    expect(await visitor.message('How many boxes?').count()).toBe(2);
  });

  test('shows cards that are moved by buttons, and whose own buttons are counted', async ({ profiles, facts }) => {
    const visitor = await guided(await profiles.fresh(), facts);
    await visitor.open();
    await visitor.says('cards');
    const black = visitor.window.getByRole('listitem', { name: 'Black tea' });
    await visitor.window.getByRole('button', { name: 'Next cards' }).click();
    await black.getByRole('button', { name: 'Order black' }).click();
    await visitor.sees('Ordered.');
    await black.getByRole('button', { name: 'Order black, chosen' }).waitFor();
  });

  test('speaks first on a page that a chain waits for, and connects nobody before', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const visitor = await guided(context, facts);
    await visitor.page.waitForLoadState('networkidle');
    expect(await visitor.page.evaluate(() => localStorage.length + sessionStorage.length)).toBe(0);
    await visitor.page.goto(`${facts.visitor_url}cart`);
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'what is unread', 'Open chat, unread messages: 1');
    const preview = visitor.page.getByRole('button', { name: /^Assistant ?Is anything unclear about your order/ });
    await preview.waitFor();
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'preview');
    await preview.click();
    await preview.waitFor({ state: 'detached' });
    await visitor.window.getByRole('button', { name: 'Delivery' }).click();
    await visitor.sees('Two to four days.');
  });

  test('greets who opens the window where a chain waits for that', async ({ profiles, facts }) => {
    const visitor = await guided(await profiles.fresh(), facts, 'contact');
    await visitor.open();
    await visitor.sees('Looking for the way to us?');
  });

  test('hears of events of the page before the chat was opened', async ({ profiles, facts }) => {
    const visitor = await guided(await profiles.fresh(), facts);
    await visitor.page.evaluate(() => (window as unknown as { Anteroom: { event(name: string, data: object): Promise<void> } }).Anteroom.event('cart_abandoned', { total: 28 }));
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'what is unread', 'Open chat, unread messages: 1');
    await visitor.page.getByRole('button', { name: 'Hide the message' }).click();
    await visitor.page.reload();
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'what is unread', 'Open chat, unread messages: 1');
    expect(await visitor.page.getByRole('button', { name: 'Hide the message' }).count()).toBe(0);
  });
});
