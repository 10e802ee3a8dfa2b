import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Desk } from './stack/desk';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

const pictures = resolve('../build/e2e');

describe('The inbox', () => {
  test('shows who writes as it happens, who waits, and that they have an answer', async ({ facts, operator, profiles }) => {
    const desk = await Desk.inbox(await profiles.fresh(), facts, operator, '#sort=newest');
    await desk.search.waitFor();
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Is anybody in the inbox?');

    const row = desk.row('Is anybody in the inbox?');
    await row.waitFor();
    await eventually(() => row.textContent().then((text) => text?.includes('1 unread')), 'one unread message', true);
    expect(await row.textContent()).toContain('Waits');
    expect(await row.textContent()).toContain('Online');
    const room = row.getByRole('link', { name: /^Open the room of/ });
    expect(await room.getAttribute('href')).toMatch(/^https:\/\/matrix\.to\//);
    expect(await room.getAttribute('rel')).toContain('noopener');

    await visitor.says('And a second one');
    await desk.row('And a second one').waitFor();
    await dialog.says('We are here.');
    const answered = desk.row('Answer: We are here.');
    await answered.waitFor();
    await eventually(() => answered.textContent().then((text) => text?.includes('Waits')), 'nobody who waits', false);
  });

  test('moves no row under the pointer, and says how many are new', async ({ facts, operator, profiles }) => {
    const first = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    await meet(first, operator, 'First in the list');
    const desk = await Desk.inbox(await profiles.fresh(), facts, operator, '#sort=newest');
    const row = desk.row('First in the list');
    await row.hover();
    const before = await desk.place('First in the list');
    const second = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    await meet(second, operator, 'I come later');
    await desk.button('1 new').waitFor();
    expect(await desk.place('First in the list')).toBe(before);
    expect(await desk.row('I come later').count()).toBe(0);
    await desk.button('1 new').click();
    await desk.row('I come later').waitFor();
    expect(await desk.place('I come later')).toBeLessThan(await desk.place('First in the list'));
  });

  test('does to many what is chosen, tells the rooms, and saves the list as a file', async ({ facts, operator, profiles }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Close me with the others');
    const desk = await Desk.inbox(await profiles.fresh(), facts, operator, '#sort=newest');
    const other = await Desk.inbox(await profiles.fresh(), facts, operator, '#sort=newest');
    const row = desk.row('Close me with the others');
    await row.getByRole('checkbox').check();
    await desk.page.getByRole('combobox', { name: 'Tag' }).last().fill('=many');
    await desk.button(/^Apply/).click();
    await desk.page.getByText('Done for 1 dialog.').first().waitFor();
    await desk.row('=many').waitFor();
    await other.row('=many').waitFor();

    await desk.page.getByRole('combobox', { name: 'Tag' }).first().fill('=MANY');
    await eventually(() => desk.list.getByRole('listitem').count(), 'one row with the tag, whatever its case', 1);
    const [download] = await Promise.all([desk.page.waitForEvent('download'), desk.button('Save as CSV').click()]);
    const file = await readFile(await download.path(), 'utf8');
    expect(download.suggestedFilename()).toMatch(/\.csv$/);
    expect(file).toContain("'=many");

    await row.getByRole('checkbox').check();
    await desk.page.getByRole('combobox', { name: 'What to do' }).selectOption('closed');
    await desk.button(/^Apply/).click();
    await desk.page.getByText('Done for 1 dialog.').first().waitFor();
    await dialog.event('that the dialog was closed', (e) => e.content.body?.includes('closed the dialog in the panel') === true);
    await eventually(() => other.row('Close me with the others').count(), 'an open list without it', 0);
    await desk.button(/^Closed/).click();
    await desk.row('Close me with the others').waitFor();
    await desk.page.goBack();
    await eventually(() => desk.button(/^Open /).getAttribute('aria-pressed'), 'the open dialogs again', 'true');
  });

  test('finds by the words of a name or tag, whatever their case and accents', async ({ facts, operator, profiles }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Find me by my name');
    await dialog.says('!name Алёна Крючкова');
    const desk = await Desk.inbox(await profiles.fresh(), facts, operator, '#sort=newest');
    await desk.row('Алёна Крючкова').waitFor();
    await desk.search.fill('аленА крЮч');
    await eventually(() => desk.list.getByRole('listitem').count(), 'one found', 1);
    await desk.search.fill('nobody is called so');
    await desk.page.getByText('Nothing found').waitFor();
    await desk.button('Show all dialogs').click();
    await desk.list.getByRole('listitem').first().waitFor();
    expect(new URL(desk.page.url()).hash).toContain('view=all');
  });

  test('opens a card by keys alone, and gives the focus and the place back', async ({ facts, operator, profiles }) => {
    for (const text of ['Keys one', 'Keys two']) await meet(await Visitor.visit(await profiles.fresh(), facts.visitor_url), operator, text);
    const desk = await Desk.inbox(await profiles.fresh({ viewport: { width: 400, height: 700 } }), facts, operator, '#sort=newest');
    await desk.row('Keys one').waitFor();
    const { keyboard } = desk.page;
    await desk.list.getByRole('link').first().focus();
    await keyboard.press('ArrowDown');
    const focused = (): Promise<string> => desk.page.evaluate(() => document.activeElement?.textContent ?? '');
    await eventually(() => focused().then((text) => text.includes('Keys one')), 'the focus on the second row', true);
    await keyboard.press('Space');
    await desk.page.getByText('1 selected').waitFor();
    await keyboard.press('Space');
    await keyboard.press('Enter');
    await desk.button('Back to the list').waitFor();
    await desk.button('Back to the list').press('Enter');
    await eventually(() => focused().then((text) => text.includes('Keys one')), 'the focus on that row again', true);
  });

  test('is as long as the window, however long the list is: the rows scroll', async ({ facts, operator, profiles }) => {
    for (const words of ['Long one', 'Long two', 'Long three']) await meet(await Visitor.visit(await profiles.fresh(), facts.visitor_url), operator, words);
    for (const width of [1200, 400]) {
      const height = 360;
      const desk = await Desk.inbox(await profiles.fresh({ viewport: { width, height } }), facts, operator, '#sort=newest');
      await desk.row('Long three').waitFor();
      const [page, rows] = await desk.page.evaluate(() => [document.documentElement.scrollHeight, document.querySelector('.dialogs')?.scrollHeight ?? 0]);
      expect(rows, 'the list').toBeGreaterThan(height);
      expect(page, `the page of ${width}`).toBe(height);
      await desk.page.close();
    }
  });

  test('has no faults that axe knows, at any width, in either language', async ({ facts, operator, profiles }) => {
    await meet(await Visitor.visit(await profiles.fresh(), facts.visitor_url), operator, 'Look at me');
    for (const [width, language, theme] of [[1200, 'en', 'light'], [400, 'ru', 'dark'], [320, 'ru', 'light']] as const) {
      const desk = await Desk.inbox(await profiles.fresh({ viewport: { width, height: 800 } }), facts, operator, `?lang=${language}&theme=${theme}#sort=newest`);
      await desk.row('Look at me').waitFor();
      for (const [part, name] of [['dialogs', /^(Dialogs|Диалоги)$/], ['deals', /^(Deals|Сделки)$/], ['figures', /^(Figures|Статистика)$/]] as const) {
        await desk.button(name).click();
        if (part === 'figures') await desk.page.getByRole('figure').first().waitFor();
        if (part === 'deals') await desk.page.getByRole('table').or(desk.page.getByText(/^(No deals yet|Сделок пока нет)$/)).first().waitFor();
        expect(await desk.faults(), `${part} at ${width}`).toEqual([]);
        expect(await desk.page.evaluate(() => document.documentElement.scrollWidth), `${part} at ${width} scrolls sideways`).toBeLessThanOrEqual(width);
        await desk.page.screenshot({ path: join(pictures, `inbox-${part}-${width}-${language}.png`), animations: 'disabled' });
      }
      await desk.page.close();
    }
  }, 120_000);
});

test('The summary of deals leads to the deals of a stage and to whom they are made', async ({ facts, operator, profiles }) => {
  const dialog = await meet(await Visitor.visit(await profiles.fresh(), facts.visitor_url), operator, 'I want the whole set');
  await dialog.says('!deal add Tea set');
  const desk = await Desk.inbox(await profiles.fresh(), facts, operator, '#part=deals');
  const { page } = desk;
  await page.getByRole('button', { name: 'New', exact: true }).click();
  await page.getByText('Tea set').waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Tea set' }).getByRole('link').click();
  await page.getByRole('heading', { name: 'Deals' }).last().waitFor();
});

test('The figures show their values to keys and as tables', async ({ facts, operator, profiles }) => {
  const desk = await Desk.inbox(await profiles.fresh(), facts, operator, '#part=figures');
  const { page } = desk;
  const hours = page.getByRole('figure').filter({ hasText: 'Load by hour' });
  await hours.waitFor();
  await hours.getByRole('group').first().focus();
  await page.keyboard.press('ArrowRight');
  await hours.getByText(/Visitors: \d+/).waitFor();
  await hours.getByText('As a table').click();
  expect(await hours.getByRole('row').count()).toBe(25);
  await desk.button('30 days').click();
  await eventually(() => page.getByRole('figure').filter({ hasText: 'Load by day' }).locator('svg g').count(), 'thirty columns', 30);
});
