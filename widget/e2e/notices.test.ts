import type { Anteroom } from '../src/loader/host';
import { countSounds, hide, sounds } from './stack/attention';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { noticesOf, rings, watchNotices } from './stack/notices';
import type { Noticed } from './stack/notices';
import { Visitor } from './stack/visitor';

const [on, off] = ['Turn notifications on', 'Turn notifications off'];

/** Opens the window's menu; gives what is in it. */
async function menu(visitor: Visitor): Promise<string[]> {
  await visitor.open();
  await visitor.window.getByRole('button', { name: 'Menu', exact: true }).click();
  const items = visitor.window.getByRole('menuitem');
  await items.first().waitFor();
  return items.allInnerTexts();
}

async function choose(visitor: Visitor, name: string): Promise<void> {
  await menu(visitor);
  await visitor.window.getByRole('menuitem', { name, exact: true }).click();
}

describe('Notifications of the system', () => {
  test('come once for all tabs while none is in front, and open the chat', { timeout: 60_000 }, async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ permissions: ['notifications'] });
    await watchNotices(context);
    await countSounds(context);
    const first = await Visitor.visit(context, facts.visitor_url);
    const heard = await first.page.evaluateHandle(() => {
      const texts: string[] = [];
      void (window as unknown as { Anteroom: Anteroom }).Anteroom.on('message', ({ text }) => texts.push(text));
      return texts;
    });
    const dialog = await meet(first, operator, 'I look at other windows');
    const second = await Visitor.visit(context, facts.visitor_url);
    const pages = [first.page, second.page] as const;
    // The permission is the page's; what is told of by it is the visitor's to choose.
    for (const page of pages) await hide(page, true);
    await dialog.says('Not wanted yet');
    await first.page.waitForFunction(() => document.title.startsWith('(1)'));
    expect(await noticesOf(...pages)).toEqual([]);

    await hide(first.page, false);
    await choose(first, on);
    await first.window.getByText('While this page is open, you will be notified of new messages.').waitFor();
    // The second tab is in front: what it shows beside the button is enough.
    await first.close();
    await hide(first.page, true);
    await hide(second.page, false);
    await dialog.says('Beside the button');
    await second.page.getByText('Beside the button').waitFor();
    await second.page.waitForFunction(() => localStorage['anteroom.shop.noticed'] !== undefined);
    expect(await noticesOf(...pages)).toEqual([]);

    await hide(second.page, true);
    await dialog.says('Are you there?');
    const shown = async (): Promise<string[]> => (await noticesOf(...pages)).map(({ title, body, closed }) => `${title}: ${body}${closed ? ' (closed)' : ''}`);
    await eventually(shown, 'one notification', ['Anna: Are you there?']);
    const [{ tag, icon }] = (await noticesOf(...pages)) as [Noticed];
    expect(tag).toBe('anteroom.shop');
    expect(icon).toContain('/favicon');
    // The next word is news in the same place, whichever tab says it.
    await dialog.says('Hello?');
    await eventually(async () => (await shown()).toSorted(), 'the last word', ['Anna: Are you there?', 'Anna: Hello?']);
    expect((await noticesOf(...pages)).map((n) => n.tag)).toEqual([tag, tag]);
    expect(await heard.jsonValue()).toEqual(['I look at other windows', 'Not wanted yet', 'Beside the button', 'Are you there?', 'Hello?']);

    // A press on it goes to the tab that has shown it, with the chat open.
    const [last] = (await Promise.all(pages.map((page) => page.evaluate(() => window.noticed.some((n) => n.body === 'Hello?'))))).flatMap((is, i) => (is ? [[first, second][i] as Visitor] : [])) as [Visitor];
    await last.page.evaluate(() => {
      window.focus = () => document.body.setAttribute('data-in-front', '');
      window.noticed.find((n) => n.body === 'Hello?')?.dispatchEvent(new Event('click'));
    });
    await last.sees('Hello?');
    await last.page.locator('body[data-in-front]').waitFor();
    expect(await last.page.evaluate(() => window.noticed.find((n) => n.body === 'Hello?')?.closed)).toBe(true);
    expect(await first.page.evaluate(() => window.begged) + (await second.page.evaluate(() => window.begged))).toBe(1);
    expect(await sounds(...pages)).toBeGreaterThan(0);
  });

  test('say what is said at last, and are gone once it is read in another tab, removed, or wanted no more', { timeout: 60_000 }, async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ permissions: ['notifications'] });
    await watchNotices(context);
    const tab = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(tab, operator, 'Corrections');
    await choose(tab, on);
    await tab.close();
    await hide(tab.page, true);
    const open = async (): Promise<string[]> => (await noticesOf(tab.page)).filter((n) => !n.closed).map((n) => n.body);
    const answer = await dialog.says('Ten pounds');
    await eventually(open, 'the first words', ['Ten pounds']);
    await dialog.edits(answer, 'Twelve pounds');
    await eventually(open, 'the corrected ones', ['Ten pounds', 'Twelve pounds']);
    // Under one tag, so the second has taken the first one's place, without popping up.
    expect((await noticesOf(tab.page)).map((n) => n.again)).toEqual([true, false]);
    await dialog.removes(answer);
    await eventually(open, 'what is removed', ['Ten pounds']);

    await dialog.says('Read this elsewhere');
    await eventually(open, 'the next one', ['Ten pounds', 'Read this elsewhere']);
    const other = await Visitor.visit(context, facts.visitor_url);
    await other.open();
    await other.sees('Read this elsewhere');
    await eventually(open, 'after it was read', ['Ten pounds']);

    await choose(other, off);
    await other.close();
    await hide(other.page, true);
    const quiet = ['Without a notification', 'Nor with one for this'];
    for (const text of quiet) await rings(other.page, () => dialog.says(text));
    expect((await noticesOf(tab.page, other.page)).filter(({ body }) => quiet.includes(body))).toEqual([]);
    expect(await menu(other)).toContain(on);
  });

  test('the browser asks only by a press; what it forbids is said in the place of the switch', async ({ profiles, operator, facts }) => {
    // Without a person before it, this browser says no to whoever asks.
    const context = await profiles.fresh();
    await watchNotices(context);
    await context.addInitScript(() => {
      let answer: NotificationPermission = 'default';
      Object.defineProperty(Notification, 'permission', { get: () => answer });
      Notification.requestPermission = async () => {
        window.begged++;
        return (answer = localStorage['answer'] as NotificationPermission);
      };
    });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Who asks?');
    await visitor.page.evaluate(() => (localStorage['answer'] = 'default'));
    expect(await menu(visitor)).toContain(on);
    expect(await visitor.page.evaluate(() => window.begged)).toBe(0);
    // Who closes the question may be asked again.
    await visitor.window.getByRole('menuitem', { name: on }).click();
    expect(await menu(visitor)).toContain(on);
    await visitor.page.evaluate(() => (localStorage['answer'] = 'denied'));
    await visitor.window.getByRole('menuitem', { name: on }).click();
    const why = 'Your browser blocks notifications from this site. You can allow them in its settings for the site.';
    await visitor.window.getByRole('alert').getByText(why).waitFor();
    const items = await menu(visitor);
    expect(items).toContain(why);
    expect(items).not.toContain(on);
    const place = visitor.window.getByRole('menuitem', { name: why });
    expect(await place.getAttribute('aria-disabled')).toBe('true');
    await place.click({ force: true });
    await place.waitFor();
    expect(await visitor.page.evaluate(() => window.begged)).toBe(2);
    await visitor.page.keyboard.press('Escape');
    await visitor.close();
    await hide(visitor.page, true);
    for (const text of ['Nothing but the title', 'and the sound']) await rings(visitor.page, () => dialog.says(text));
    await visitor.page.waitForFunction(() => document.title.startsWith('(2)'));
    expect(await noticesOf(visitor.page)).toEqual([]);
  });

  test('say only who has written where the site wants no more to be seen; its chat makes no sound', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ permissions: ['notifications'] });
    await watchNotices(context);
    await countSounds(context);
    const visitor = await Visitor.visit(context, `${facts.visitor_url}clinic`);
    const dialog = await meet(visitor, operator, 'It is about my knee');
    const items = await menu(visitor);
    expect(items).toContain(on);
    expect(items).not.toContain('Turn the sound off');
    await visitor.window.getByRole('menuitem', { name: on }).click();
    await visitor.close();
    await hide(visitor.page, true);
    const shown = async (): Promise<string[]> => (await noticesOf(visitor.page)).map(({ title, body }) => `${title}: ${body}`);
    await dialog.says('The result is bad');
    await eventually(shown, 'the notification', ['Anna: New message']);
    const paper = Buffer.from('%PDF-1.7\n');
    await dialog.sends('m.room.message', { msgtype: 'm.file', body: 'diagnosis.pdf', url: await operator.upload(paper, 'diagnosis.pdf', 'application/pdf'), info: { mimetype: 'application/pdf', size: paper.length } });
    await eventually(shown, 'the next', ['Anna: New message', 'Anna: New message']);
    expect(await sounds(visitor.page)).toBe(0);
  });

  test('are not offered where the site has none', async ({ profiles, facts }) => {
    const context = await profiles.fresh({ permissions: ['notifications'] });
    await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/look.js` }));
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const items = await menu(visitor);
    expect(items).toContain('Turn the sound off');
    expect(items).not.toContain(on);
  });

  test('phones, which know none, have no switch', async ({ profiles, facts }) => {
    const context = await profiles.fresh({ userAgent: 'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36', permissions: ['notifications'] });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const items = await menu(visitor);
    expect(items).toContain('Turn the sound off');
    expect(items).not.toContain(on);
  });
});
