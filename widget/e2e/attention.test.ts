import { countSounds, hide, sounds, titles, untouched } from './stack/attention';
import type { Dialog } from './stack/dialog';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

const unread = (n: number): string => `Open chat, unread messages: ${n}`;

/** What the launcher is called. */
const named = (visitor: Visitor): Promise<string | null> => visitor.launcher.getAttribute('aria-label');

/** The address and title under which the operators see the visitor. */
async function place(dialog: Dialog): Promise<string> {
  return dialog.asks('!visitor');
}

describe('The title of a hidden tab', () => {
  test('takes turns with what came, and is as it was once the tab is looked at', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Titles');
    const raw = (): Promise<string | null> => visitor.page.evaluate(() => document.querySelector('title')?.textContent ?? null);
    await visitor.page.evaluate(() => {
      const title = document.querySelector('title');
      if (title) title.textContent = '\n  Two  bowls ';
    });
    const before = await raw();
    const text = await visitor.page.evaluateHandle(() => document.querySelector('title')?.firstChild);
    await hide(visitor.page, true);
    await dialog.says('The first');
    expect(await titles(visitor.page, 2)).toEqual(['(1) New message', 'Two bowls']);
    await dialog.says('The second');
    await visitor.page.waitForFunction(() => document.title === '(2) New messages');
    await hide(visitor.page, false);
    await visitor.sees('The second');
    expect(await raw()).toBe(before);
    expect(await visitor.page.evaluate((node) => node === document.querySelector('title')?.firstChild, text)).toBe(true);
    // The window is open, and so they are read: hidden again, the tab has nothing to say.
    await hide(visitor.page, true);
    await dialog.says('The third');
    await visitor.page.waitForFunction(() => document.title === '(1) New message');
  });

  test('is what the page makes of it meanwhile, and never told to the operators', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), `${facts.visitor_url}ru/`);
    const dialog = await meet(visitor, operator, 'An app that changes its title');
    await visitor.close();
    await hide(visitor.page, true);
    await dialog.says('Are you still there?');
    await visitor.page.waitForFunction(() => document.title === '(1) Новое сообщение');
    // An app that goes on by itself, as after a slow payment.
    await visitor.page.evaluate(() => {
      history.pushState(null, '', '/thanks');
      document.title = 'Thank you';
    });
    expect(await titles(visitor.page, 2)).toEqual(['(1) Новое сообщение', 'Thank you']);
    await eventually(async () => (await place(dialog)).includes('/thanks'), 'the new page', true);
    expect(await place(dialog)).toContain('Thank you');
    expect(await place(dialog)).not.toContain('Новое сообщение');
    // A page that puts something before its title has read ours.
    await visitor.page.waitForFunction(() => document.title === '(1) Новое сообщение' && (document.title = `● ${document.title}`));
    await hide(visitor.page, false);
    await visitor.page.waitForFunction(() => document.title === '● Thank you');
    await eventually(() => named(visitor), 'the badge', 'Открыть чат, непрочитанных сообщений: 1');
  });

  test('has a number and no motion for who wants none', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ reducedMotion: 'reduce' }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Please no motion');
    const { title } = await visitor.page.evaluate(() => ({ title: document.title }));
    await hide(visitor.page, true);
    const changes = await visitor.page.evaluateHandle(() => {
      const seen: string[] = [];
      const watch = new MutationObserver(() => seen.push(document.title));
      watch.observe(document.head, { subtree: true, childList: true, characterData: true });
      return seen;
    });
    await dialog.says('One');
    await visitor.page.waitForFunction((was) => document.title === `(1) ${was}`, title);
    await dialog.says('Two');
    await visitor.page.waitForFunction((was) => document.title === `(2) ${was}`, title);
    expect(await changes.jsonValue()).toEqual([`(1) ${title}`, `(2) ${title}`]);
    await hide(visitor.page, false);
    await visitor.page.waitForFunction((was) => document.title === was, title);
  });
});

describe('The sound', () => {
  test('is heard once, however many tabs there are, and not where somebody looks', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await countSounds(context);
    const first = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(first, operator, 'Many tabs');
    // While somebody looks at the window there is nothing to hear.
    await dialog.says('Looking');
    await first.sees('Looking');
    await first.close();
    const others = [await Visitor.visit(context, facts.visitor_url), await Visitor.visit(context, facts.visitor_url)];
    const all = [first, ...others];
    // Browsers let a page sound where something was pressed.
    for (const { page } of all) await page.mouse.click(300, 5);
    await dialog.says('To all three tabs');
    for (const tab of all) await eventually(() => named(tab), 'the badge', unread(1));
    await eventually(() => sounds(...all.map(({ page }) => page)), 'sounds', 1);
    // What comes right after it is of the same batch, and what comes later is not.
    await dialog.says('And another');
    for (const tab of all) await eventually(() => named(tab), 'the badge', unread(2));
    await first.page.waitForFunction(() => Date.now() - JSON.parse(localStorage['anteroom.shop.rung'] as string).on > 3000);
    expect(await sounds(...all.map(({ page }) => page))).toBe(1);
    await dialog.says('Much later');
    await eventually(() => sounds(...all.map(({ page }) => page)), 'sounds', 2);
    // A tab that comes now has nothing new to say, also once it may.
    const late = await Visitor.visit(context, facts.visitor_url);
    await eventually(() => named(late), 'the badge', unread(3));
    await late.page.mouse.click(300, 5);
    // Read in one tab is read in all.
    await first.open();
    for (const tab of [...others, late]) await eventually(() => named(tab), 'the badge', 'Open chat');
    expect(await sounds(late.page, ...all.map(({ page }) => page))).toBe(2);
  });

  test('waits for the first press on a page, without a word in the console', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await countSounds(context);
    const first = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(first, operator, 'A page that nobody touches');
    await first.page.close();
    const quiet = await context.newPage();
    const said: string[] = [];
    quiet.on('console', (message) => said.push(message.text()));
    await quiet.goto(facts.visitor_url);
    const ask = await untouched(context, quiet);
    const shows = (text: string): Promise<void> => eventually(() => ask(`document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('.preview')?.textContent.includes('${text}')`), 'the preview', true);
    await eventually(() => ask("document.querySelector('anteroom-chat')?.shadowRoot.querySelector('button').ariaLabel"), 'the launcher', 'Open chat');
    await dialog.says('Not a sound');
    await shows('Not a sound');
    await dialog.says('Not a single one');
    await shows('Not a single one');
    // It is asked for a moment later than it is shown.
    await dialog.says('Still none');
    await shows('Still none');
    expect(await ask('[rung, localStorage["anteroom.shop.rung"] ?? null, navigator.userActivation.hasBeenActive]')).toEqual([0, null, false]);
    await quiet.mouse.click(300, 5);
    await dialog.says('Now you hear me');
    await eventually(() => ask('rung'), 'sounds', 1);
    expect(said).toEqual([]);
  });

  test('is heard once in browsers without locks too', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await countSounds(context);
    await context.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
    const tabs = [await Visitor.visit(context, facts.visitor_url)];
    const [first] = tabs as [Visitor];
    const dialog = await meet(first, operator, 'No locks here');
    await first.close();
    for (let i = 0; i < 2; i++) tabs.push(await Visitor.visit(context, facts.visitor_url));
    for (const { page } of tabs) await page.mouse.click(300, 5);
    await dialog.says('Once');
    await eventually(() => sounds(...tabs.map(({ page }) => page)), 'sounds', 1);
    await first.page.waitForFunction(() => Date.now() - JSON.parse(localStorage['anteroom.shop.rung'] as string).on > 3000);
    expect(await sounds(...tabs.map(({ page }) => page))).toBe(1);
  });

  test('is turned off, and on again, by the menu of the window, in all tabs', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    await countSounds(context);
    const first = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(first, operator, 'Please be quiet');
    const choose = async (name: string): Promise<void> => {
      await first.open();
      await first.window.getByRole('button', { name: 'Menu', exact: true }).click();
      await first.window.getByRole('menuitem', { name }).click();
      await first.close();
    };
    const second = await Visitor.visit(context, facts.visitor_url);
    await second.page.mouse.click(300, 5);
    await choose('Turn the sound off');
    await dialog.says('Without a sound');
    for (const tab of [first, second]) await eventually(() => named(tab), 'the badge', unread(1));
    await choose('Turn the sound on');
    expect(await first.page.evaluate(() => localStorage['anteroom.shop.rung'] as unknown)).toBeUndefined();
    await eventually(() => named(second), 'the badge', 'Open chat');
    await dialog.says('With a sound');
    await eventually(() => sounds(first.page, second.page), 'sounds', 1);
  });
});
