import { join, resolve } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { strings as arabic } from '../src/i18n/ar';
import { strings as english } from '../src/i18n/en';
import { strings as russian } from '../src/i18n/ru';
import type { Strings } from '../src/i18n/strings';
import { pageFaults } from './stack/axe';
import type { Dialog } from './stack/dialog';
import { describe, eventually, expect, test } from './stack/fixtures';
import type { Operator } from './stack/operator';
import { serve, tag } from './stack/own';
import { mailsTo, mailTo, reads } from './stack/post';
import type { Mail } from './stack/post';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** The site of the demo whose visitors get mails. */
const site = 'mails';
const pictures = resolve('../build/e2e');
const phone = { width: 360, height: 740 };
const desktop = { width: 1000, height: 800 };
let count = 0;

/** A visitor of that site on a page in a language, who has written and wants answers to go to an address. */
async function asks(context: BrowserContext, operator: Operator, facts: Facts, strings: Strings, text: string): Promise<{ visitor: Visitor; dialog: Dialog; address: string }> {
  const address = `maria.${++count}@example.org`;
  const html = `<!doctype html><html lang="${strings.tag}"><title>Own</title><h1>Own</h1>${tag(facts, site)}`;
  const visitor = await Visitor.visit(context, await serve(context, facts, { html }));
  await visitor.open();
  await visitor.says(text);
  const dialog = await operator.dialog(text);
  const { menu } = await strings.rare();
  await chooses(visitor, strings, menu.answers);
  await visitor.window.getByRole('textbox', { name: menu.address }).fill(address);
  await visitor.window.getByRole('button', { name: menu.send.answers }).click();
  await visitor.window.getByText(menu.answersTo(address)).waitFor();
  return { visitor, dialog, address };
}

async function chooses({ window }: Visitor, { menu }: Strings, item: string): Promise<void> {
  await window.getByRole('button', { name: menu, exact: true }).click();
  await window.getByRole('menuitem', { name: `${item}…` }).click();
}

const left = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** Looks at a page as a phone and a computer show it, light and dark: nothing sticks out, and axe finds nothing. */
async function looks(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [size, viewport] of Object.entries({ phone, desktop })) {
      await page.setViewportSize(viewport);
      expect(await left(page)).toBe(0);
      await page.screenshot({ path: join(pictures, `${name}-${size}-${colorScheme}.png`), fullPage: true });
    }
    expect(await pageFaults(page)).toEqual([]);
  }
}

/** The addresses that a mail's HTML leads to, by what stands on them. */
async function links(page: Page): Promise<Record<string, string>> {
  const all = await page.getByRole('link').evaluateAll((found) => found.map((a) => [a.textContent, (a as HTMLAnchorElement).href] as const));
  return Object.fromEntries(all);
}

describe.for([
  ['English', english, 'Where is my bowl?', 'On its way, it will be there on Friday. https://glina.example/track/18', 'Continue the conversation', 'Send me no more answers by e-mail', 'Open the conversation', 'Stop them', 'Send them again', /no more mails/, /opened by this link before/, /cannot be reached/, /once more from the mail/],
  ['Russian', russian, 'Где моя миска?', 'Уже в пути, будет в пятницу. https://glina.example/track/18', 'Продолжить разговор', 'Больше не присылать ответы на почту', 'Открыть разговор', 'Не присылать', 'Присылать снова', /больше не приходят/, /уже открыли/, /не удалось/, /ещё раз прямо из письма/],
  ['Arabic', arabic, 'أين طبقي؟', 'في الطريق، يصل يوم الجمعة. https://glina.example/track/18', 'متابعة المحادثة', 'إيقاف إرسال الردود بالبريد', 'فتح المحادثة', 'إيقاف الرسائل', 'إرسالها مجددًا', /لن تصل/, /من قبل/, /تعذر الوصول/, /من الرسالة نفسها/],
] as const)('An unread answer in %s', ([language, strings, question, answer, goesOn, noMore, opens, stop, again, stopped, spent, trouble, anew]) => {
  test('comes as a mail that loads nothing, and leads back into the dialog, once, and out of the list', { timeout: 120_000 }, async ({ operator, profiles, facts }) => {
    const { visitor, dialog, address } = await asks(await profiles.fresh(), operator, facts, strings, question);
    await visitor.page.close();
    await dialog.says(answer);
    await dialog.says('<b>1 < 2</b> & "so"');
    const mail = await mailTo(facts, address);
    expect(mail.headers).toMatchObject({ 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click', 'Auto-Submitted': 'auto-generated' });
    expect(mail.text).toContain(goesOn);

    const reader = await reads(await profiles.fresh(), mail);
    await reader.page.getByText('<b>1 < 2</b> & "so"').waitFor();
    expect(await reader.page.locator('html').getAttribute('lang')).toBe(strings.tag);
    expect(await reader.page.locator('html').getAttribute('dir')).toBe(language === 'Arabic' ? 'rtl' : 'ltr');
    await looks(reader.page, `mail-${strings.tag}`);
    expect(reader.asked).toEqual([]);
    const { [goesOn]: back = '', [noMore]: out = '', ...others } = await links(reader.page);
    expect(Object.values(others)).toEqual(['https://glina.example/track/18']);
    expect(out).toBe(mail.headers['List-Unsubscribe']?.slice(1, -1));

    // Another browser, as that of the phone on which the mail is read.
    const there = await (await profiles.fresh()).newPage();
    await there.goto(back);
    await there.getByRole('button', { name: opens }).waitFor();
    expect(there.url()).not.toContain('#');
    // What somebody else had begun in this tab is not said in the dialog.
    await there.evaluate((key) => sessionStorage.setItem(key, 'Half a sent'), `anteroom.${site}.draft`);
    await looks(there, `back-${strings.tag}`);
    // A page that is loaded again has the link no more, and has not used it.
    await there.reload();
    await there.getByText(anew).waitFor();
    await there.goto(back);
    // The link is spent, but nobody has learned of it: pressed again, it opens all the same.
    profiles.expectErrors(/ERR_FAILED/);
    await there.route('**/return', async (route) => {
      expect((await route.fetch()).status()).toBe(200);
      await route.abort();
    }, { times: 1 });
    const said = await there.getByRole('status').elementHandle();
    await there.getByRole('button', { name: opens }).press('Enter');
    await there.getByText(trouble).waitFor();
    // To who cannot see it too: by an element that was there, with the focus where it was.
    expect(await said?.textContent()).toMatch(trouble);
    await there.getByRole('button', { name: opens }).and(there.locator(':focus')).press('Enter');
    const returned = new Visitor(there);
    await returned.sees('<b>1 < 2</b> & "so"');
    expect(await returned.textbox.inputValue()).toBe('');
    await returned.says(`Thank you, ${strings.tag}`);
    await dialog.sees(`Thank you, ${strings.tag}`);

    // Who is sent the mail on comes too late.
    profiles.expectErrors(/status of 403/);
    const late = await (await profiles.fresh()).newPage();
    await late.goto(back);
    await late.getByRole('button', { name: opens }).click();
    await late.getByText(spent).waitFor();
    await late.getByRole('link').and(late.locator(':focus')).waitFor();
    await looks(late, `spent-${strings.tag}`);

    const unsubscribing = await (await profiles.fresh()).newPage();
    await unsubscribing.goto(out);
    await looks(unsubscribing, `stop-${strings.tag}`);
    expect(await dialog.asks('!visitor')).toContain(`goes on by e-mail to ${address}`);
    await unsubscribing.getByRole('button', { name: stop }).click();
    await unsubscribing.getByText(stopped).waitFor();
    await looks(unsubscribing, `stopped-${strings.tag}`);
    expect(await dialog.asks('!visitor')).toContain('Unsubscribed from e-mails');
    await unsubscribing.getByRole('button', { name: again }).click();
    await unsubscribing.getByRole('button', { name: stop }).waitFor();
    expect(await dialog.asks('!visitor')).toContain(`goes on by e-mail to ${address}`);
  });
});

/** As a mail program unsubscribes (RFC 8058). */
const posted = (to: string): Promise<Response> => fetch(to, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });

describe('The link that ends mails', () => {
  test('needs one POST of a mail program, and says in a sentence when it is none', { timeout: 90_000 }, async ({ operator, profiles, facts }) => {
    const { visitor, dialog, address } = await asks(await profiles.fresh(), operator, facts, english, 'Do you glaze in blue?');
    await visitor.page.close();
    await dialog.says('We do.');
    const link = (await mailTo(facts, address)).headers['List-Unsubscribe']?.slice(1, -1) ?? '';
    profiles.expectErrors(/status of 403/);
    const page = await (await profiles.fresh()).newPage();
    // Cut by a mail program, changed, and of an address that nobody proved.
    for (const wrong of [link.replace(/(a=[^&]*)[^&]{4}/, '$1'), link.replace(/a=./, 'a=z'), link.replace(/(a=[^.]*)[^&]*/, '$1'), link.replace(/a=[^&]*/, '')]) {
      expect((await posted(wrong)).status).toBe(403);
      const answer = await page.goto(wrong);
      expect(answer?.status()).toBe(403);
      await page.getByText('This is not the whole link, or it was changed on its way.').waitFor();
      expect(await page.getByRole('button').count()).toBe(0);
    }
    await looks(page, 'stop-wrong');
    expect(await dialog.asks('!visitor')).toContain(`goes on by e-mail to ${address}`);
    expect((await posted(link)).status).toBe(200);
    // A mail program asks again when it is not sure.
    expect((await posted(link)).status).toBe(200);
    expect(await dialog.asks('!visitor')).toContain('Unsubscribed from e-mails');
    await dialog.says('Shall I put one aside?');
    expect(await mailsTo(facts, address)).toHaveLength(1);
  });

  test('is not the way back: one that was changed opens nothing and says so', async ({ profiles, facts }) => {
    profiles.expectErrors(/status of 403/);
    const page = await (await profiles.fresh()).newPage();
    await page.goto(`${facts.public_url}/v1/${site}/back?l=en`);
    await page.getByText('Open the link once more').waitFor();
    expect(await page.getByRole('link', { name: 'Write to us' }).count()).toBe(1);
    // In the same tab: a change behind the "#" alone loads no page by itself.
    await page.goto(`${facts.public_url}/v1/${site}/back?l=en#${'A'.repeat(43)}`);
    await page.getByRole('button', { name: 'Open the conversation' }).click();
    await page.getByText('The conversation was opened by this link before').waitFor();
    await page.getByRole('link', { name: 'Write to us' }).click();
    await new Visitor(page).textbox.waitFor();
  });
});

describe('The conversation by mail', () => {
  test('is what the visitor has seen, in the reader of a mail', { timeout: 90_000 }, async ({ operator, profiles, facts }) => {
    const { visitor, dialog, address } = await asks(await profiles.fresh(), operator, facts, arabic, 'هل تشحنون إلى عمّان؟ https://evil.example/');
    await dialog.says('نعم، **خلال أسبوع**.', { format: 'org.matrix.custom.html', formatted_body: 'نعم، <strong>خلال أسبوع</strong>.' });
    await visitor.sees('نعم');
    const chooser = visitor.page.waitForEvent('filechooser');
    await visitor.window.getByRole('button', { name: arabic.attach }).click();
    await (await chooser).setFiles({ name: 'الطبق.txt', mimeType: 'text/plain', buffer: Buffer.from('blue') });
    await visitor.sees('الطبق.txt');
    await visitor.says('Thank you');
    await dialog.sees('Thank you');
    const { menu } = await arabic.rare();
    await chooses(visitor, arabic, menu.transcript);
    await visitor.window.getByRole('textbox', { name: menu.address }).fill(address);
    await visitor.window.getByRole('button', { name: menu.send.transcript, exact: true }).first().click();
    await visitor.window.getByText(menu.sent(address)).waitFor();
    const mail: Mail = await mailTo(facts, address);
    const reader = await reads(await profiles.fresh(), mail);
    await reader.page.getByText('الطبق.txt').waitFor();
    await looks(reader.page, 'mail-transcript');
    expect(reader.asked).toEqual([]);
    // Only what operators wrote leads anywhere, and the way out.
    expect(Object.values(await links(reader.page)).map((url) => new URL(url).origin)).toEqual([new URL(facts.public_url).origin]);
    await eventually(async () => (await mailsTo(facts, address)).length, 'the mails', 1);
  });
});
