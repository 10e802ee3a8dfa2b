import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Download, Page } from 'playwright-core';
import { describe, expect, meet, screenshot, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

declare global {
  interface Window {
    /** Set by a script that should not have run. */
    ran?: boolean;
  }
}

/** Presses an entry of the window's menu that saves a file. */
async function save(visitor: Visitor, menu: string, entry: string): Promise<{ name: string; text: string }> {
  await visitor.window.getByRole('button', { name: menu, exact: true }).click();
  const saved: Promise<Download> = visitor.page.waitForEvent('download');
  await visitor.window.getByRole('menuitem', { name: entry }).click();
  const download = await saved;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

/** Shows a saved page as a browser shows it from the disk, with all that it would ask of the network forbidden and noted. */
async function show(page: Page, html: string): Promise<string[]> {
  const asked: string[] = [];
  await page.route('**/*', async (route) => {
    if (route.request().isNavigationRequest() && asked.length === 0) return route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' });
    asked.push(route.request().url());
    return route.abort();
  });
  await page.goto('http://transcript.test/');
  return asked;
}

describe('The conversation to keep', () => {
  test('is a page that has what the visitor sees, loads nothing and runs nothing', async ({ visitor, operator, profiles }) => {
    const dialog = await meet(visitor, operator, 'May I <script>ran=true</script> return a bowl?');
    await dialog.says('!note The third one already');
    await dialog.says('Of course you **may**: https://glina.example/returns', {
      format: 'org.matrix.custom.html',
      formatted_body: 'Of course you <strong>may</strong>: <a href="https://glina.example/returns">how</a>',
    });
    await visitor.sees('Of course you may');
    await visitor.says('Thank you! 🙏');
    await visitor.sees('Thank you!');
    const { name, text } = await save(visitor, 'Menu', 'Download the conversation');
    expect(name).toMatch(/^chat-shop-\d{4}-\d\d-\d\d\.html$/);
    const page = await (await profiles.fresh()).newPage();
    const asked = await show(page, text);
    const said = await page.locator('body').innerText();
    expect(said).toContain('May I <script>ran=true</script> return a bowl?');
    expect(said).toContain('Of course you may: how');
    expect(said).toContain('Europe/Berlin');
    expect(said).not.toContain('third one');
    expect(await page.getByRole('link', { name: 'how' }).getAttribute('href')).toBe('https://glina.example/returns');
    expect(await page.evaluate(() => window.ran)).toBeUndefined();
    expect(asked).toEqual([]);
    const pictures = resolve('../build/e2e');
    await page.setViewportSize({ width: 760, height: 700 });
    await page.screenshot({ path: join(pictures, 'transcript-en.png') });
    expect(dirname(pictures)).toContain('build');
  });

  test('speaks the language of its visitor, and is plain text where that is wanted', async ({ profiles, facts, operator }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ locale: 'ru-RU', timezoneId: 'Asia/Tokyo' }), `${facts.visitor_url}ru/`);
    await meet(visitor, operator, 'Можно вернуть вазу?');
    const { name, text } = await save(visitor, 'Меню', 'Скачать как простой текст');
    expect(name).toMatch(/\.txt$/);
    expect(text).toMatch(/Вы[^]*Можно вернуть вазу\?/);
    expect(text).toContain('Asia/Tokyo');
  });

  test('is reached by keys alone, and Escape leads back to the button', async ({ visitor, operator }) => {
    await meet(visitor, operator, 'By keys');
    const button = visitor.window.getByRole('button', { name: 'Menu', exact: true });
    await button.focus();
    await visitor.page.keyboard.press('Enter');
    await visitor.window.getByRole('menuitem', { name: 'Download the conversation' }).waitFor();
    await expect.poll(() => button.getAttribute('aria-expanded')).toBe('true');
    await visitor.page.keyboard.press('ArrowDown');
    await expect.poll(() => visitor.window.getByRole('menuitem', { name: 'Download it as plain text' }).evaluate((e) => e.matches(':focus'))).toBe(true);
    await screenshot(visitor, 'menu');
    await visitor.page.keyboard.press('Escape');
    await expect.poll(() => button.evaluate((e) => e.matches(':focus'))).toBe(true);
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    expect(await visitor.window.isVisible()).toBe(true);
  });
});
