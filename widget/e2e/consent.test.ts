import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { faults } from './stack/axe';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

interface Traffic {
  /** All that went to the bridge but plain GETs of the widget's files. */
  readonly sent: string[];
}

/** A page of the shop with the chat of the site that asks for consent; its loader can be changed on the way. */
async function asked(context: BrowserContext, facts: Facts, path = '', change = (script: string) => script): Promise<{ visitor: Visitor; traffic: Traffic }> {
  await context.route(`**/widget/${facts.site}.js`, async (route) => {
    const answer = await route.fetch({ url: `${facts.public_url}/widget/consent.js` });
    await route.fulfill({ response: answer, body: change(await answer.text()) });
  });
  const page = await context.newPage();
  const traffic: Traffic = { sent: [] };
  page.on('request', (request) => {
    const url = request.url();
    const isFile = request.method() === 'GET' && url.startsWith(`${facts.public_url}/widget/`);
    if (url.startsWith(facts.public_url) && !isFile) traffic.sent.push(`${request.method()} ${url}`);
  });
  page.on('websocket', (socket) => {
    if (socket.url().includes('/v1/')) traffic.sent.push(`socket ${socket.url()}`);
  });
  const visitor = new Visitor(page);
  await page.goto(facts.visitor_url + path);
  await visitor.launcher.waitFor();
  return { visitor, traffic };
}

/** All that the chat has put into the browser, on this page and before. */
const stored = (page: Page): Promise<string[]> =>
  page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage), document.cookie].filter((name) => name.includes('anteroom')));

const agree = (visitor: Visitor): Promise<void> => visitor.window.getByRole('button', { name: /^(Agree and continue|Согласиться и продолжить)$/ }).click();

describe('A site that asks for consent', () => {
  test('takes no file that is dropped before, and what is written after it goes', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ viewport: { width: 1280, height: 800 } });
    const { visitor } = await asked(context, facts);
    await visitor.launcher.click();
    await visitor.window.getByText('We keep what you write here').waitFor();
    const file = join(tmpdir(), 'too early.txt');
    await writeFile(file, 'dropped');
    const devtools = await context.newCDPSession(visitor.page);
    const { x, y } = (await visitor.window.boundingBox()) as { x: number; y: number };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const) await devtools.send('Input.dispatchDragEvent', { type, x: x + 90, y: y + 150, data: { items: [], files: [file], dragOperationsMask: 1 } });
    await agree(visitor);
    await visitor.says('After a file that was dropped');
    await operator.dialog('After a file that was dropped');
    expect(await visitor.window.getByText('too early.txt').count()).toBe(0);
  });

  test('nothing is stored, connected or posted before the visitor agrees, whatever the page calls; then all of it goes', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ viewport: { width: 1280, height: 800 } });
    await context.addInitScript(() => {
      const written: string[] = [];
      Object.assign(globalThis, { written });
      Storage.prototype.setItem = new Proxy(Reflect.get(Storage.prototype, 'setItem') as () => void, {
        apply(set, storage, said: [string, string]) {
          if (said[0].startsWith('anteroom')) written.push(said[0]);
          Reflect.apply(set, storage, said);
        },
      });
    });
    const { visitor, traffic } = await asked(context, facts);
    const { page, window } = visitor;
    await page.evaluate("Anteroom.identify({ name: 'Agnes Asked', email: 'agnes@example.com' }), Anteroom.event('looked', { at: 'tea' }), 0");
    await visitor.launcher.click();
    await window.getByText('We keep what you write here').waitFor();
    expect(await visitor.textbox.count()).toBe(0);
    // What the menu does would be stored, or sent.
    const menu = window.getByRole('button', { name: 'Menu' });
    expect(await menu.count()).toBe(0);
    await eventually(() => window.getByRole('group', { name: 'Before we begin' }).evaluate((e) => e.matches(':focus')), 'the question has the focus', true);
    const link = window.getByRole('link', { name: /Privacy policy/ });
    expect([await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual(['https://shop.example.com/privacy', 'noopener noreferrer']);
    await screenshot(visitor, 'consent-asked');
    expect(await faults(visitor)).toEqual([]);

    await window.getByRole('button', { name: 'No, thank you' }).click();
    await window.getByText('You have not agreed, so nothing is stored or sent').waitFor();
    await window.getByText('How can we help you?').waitFor();
    await screenshot(visitor, 'consent-declined');
    await visitor.close();
    await visitor.launcher.click();
    await window.getByText('You have not agreed').waitFor();
    expect([await stored(page), await page.evaluate('written'), traffic.sent]).toEqual([[], [], []]);

    await window.getByRole('button', { name: 'Read it again' }).click();
    await agree(visitor);
    await visitor.textbox.waitFor();
    await menu.waitFor();
    await eventually(() => visitor.textbox.evaluate((e) => e.matches(':focus')), 'the focus in the text box', true);
    await visitor.says('I have agreed to that');
    const dialog = await operator.dialog('I have agreed to that');
    expect(await stored(page)).toContain('anteroom.consent.agreed');
    expect(await dialog.asks('!visitor')).toMatch(/Agnes Asked[^]*Agreed to the site's text: .*, [0-9a-f]{12}/);
    await dialog.says('Thank you, Agnes');
    await visitor.sees('Thank you, Agnes');

    // The next page asks nothing.
    await page.reload();
    await visitor.open();
    await visitor.sees('Thank you, Agnes');
    expect(await window.getByText('We keep what you write here').count()).toBe(0);
  });

  test('a page that comes back from the history, after the visitor agreed on another, sends what is written; calls that wait have a limit', async ({ profiles, operator, facts }) => {
    profiles.expectErrors(/50 calls wait for that already/);
    const context = await profiles.fresh({ viewport: { width: 1280, height: 800 } });
    let hash = '';
    const { visitor } = await asked(context, facts, '', (script) => {
      hash = /consents:?"?\s*:?\s*\{[^}]*"?en"?:"([^"]+)"/.exec(script)?.[1] ?? '';
      return script;
    });
    const { page } = visitor;
    await visitor.launcher.click();
    await visitor.window.getByText('We keep what you write here').waitFor();
    const refused = await page.evaluate(`Promise.allSettled(Array.from({ length: 60 }, (_, i) => Promise.race([Anteroom.event('step', { i }), new Promise((go) => setTimeout(go, 1000, 'waits'))])))`) as { status: string; value?: string }[];
    expect([refused.filter(({ value }) => value === 'waits').length, refused.filter(({ status }) => status === 'rejected').length]).toEqual([50, 10]);
    // A page in the history hears nothing of other pages; that it is there again is all that it is told.
    await page.evaluate((agreed) => {
      localStorage.setItem('anteroom.consent.agreed', agreed);
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    }, hash);
    await visitor.textbox.waitFor();
    await visitor.says('Agreed on the page before');
    await operator.dialog('Agreed on the page before');
    expect(await page.evaluate('JSON.parse(localStorage["anteroom.consent"]).dialog')).toBe(true);
  });

  test('a text that was changed is asked again, of a dialog that goes on as well; another tab hears the answer', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const { visitor } = await asked(context, facts);
    await visitor.launcher.click();
    await agree(visitor);
    await visitor.textbox.waitFor();
    await visitor.says('Under the old text');
    const dialog = await operator.dialog('Under the old text');
    await dialog.says('Welcome');
    await visitor.sees('Welcome');
    // As if that had been the old text: what the browser keeps is none of today's.
    await visitor.page.evaluate(() => localStorage.setItem('anteroom.consent.agreed', 'f'.repeat(64)));

    const [again, beside, closed] = [await asked(context, facts), await asked(context, facts), await asked(context, facts)];
    await again.visitor.launcher.click();
    await again.visitor.window.getByText('We keep what you write here').waitFor();
    await beside.visitor.launcher.click();
    await beside.visitor.window.getByText('We keep what you write here').waitFor();
    await beside.visitor.window.getByRole('button', { name: 'No, thank you' }).click();
    await beside.visitor.window.getByText('nothing more is stored or sent').waitFor();
    expect([again.traffic.sent, beside.traffic.sent, closed.traffic.sent]).toEqual([[], [], []]);
    // Who agrees in one tab may have been writing on the page of another.
    await beside.visitor.page.evaluate('document.body.append(Object.assign(document.createElement("input"), { id: "own" })); own.focus()');
    await agree(again.visitor);
    await again.visitor.sees('Welcome');
    await beside.visitor.sees('Welcome');
    expect(await beside.visitor.page.evaluate('document.activeElement.id')).toBe('own');
    // So does one whose window nobody has opened; in an open one the next answer would be read at once, for all.
    for (const { page } of [visitor, again.visitor, beside.visitor]) await page.close();
    await dialog.says('Still there?');
    await eventually(() => closed.visitor.launcher.getAttribute('aria-label'), 'the badge', 'Open chat, unread messages: 1');
  });

  test('who was signed in before the text was changed leaves nothing, and what the page said of it is told of nobody', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const { visitor } = await asked(context, facts);
    await visitor.launcher.click();
    await agree(visitor);
    await visitor.says('Not for the next one');
    const dialog = await operator.dialog('Not for the next one');
    await visitor.page.evaluate(() => localStorage.setItem('anteroom.consent.agreed', 'f'.repeat(64)));
    const before = await visitor.page.evaluate('localStorage["anteroom.consent"]');
    await visitor.page.close();

    const { visitor: leaving } = await asked(context, facts);
    expect(await leaving.page.evaluate('Promise.all([Anteroom.identify({ name: "Ann Gone" }), Anteroom.logout()]).then(() => JSON.parse(localStorage["anteroom.consent"]))')).toMatchObject({ dialog: false });
    expect(await leaving.page.evaluate('localStorage["anteroom.consent"]')).not.toBe(before);
    await leaving.page.close();

    const { visitor: next } = await asked(context, facts);
    await next.launcher.click();
    await agree(next);
    await next.says('Somebody else');
    const other = await operator.dialog('Somebody else');
    expect(other.id).not.toBe(dialog.id);
    expect(await next.transcript()).toEqual([expect.stringContaining('Somebody else')]);
    expect(await other.asks('!visitor')).not.toContain('Ann Gone');
  });

  test('listeners hear of the window that opens behind them; what frameworks hold is taken as it reads', async ({ profiles, facts }) => {
    const { visitor } = await asked(await profiles.fresh(), facts);
    const heard = visitor.page.evaluate('new Promise((opened) => { Anteroom.on("opened", () => opened("opened")); Anteroom.open(); })');
    expect(await heard).toBe('opened');
    await visitor.page.evaluate('void (window.told = Promise.all([Anteroom.page({ url: new URL("https://shop.example/vases") }), Anteroom.identify(new Proxy({ name: "Ann Reactive" }, {}))]))');
    await agree(visitor);
    expect(await visitor.page.evaluate('told.then(() => "told")')).toBe('told');
  });

  test('the bridge lets nobody in who has not agreed, by socket, by POST or by a token', async ({ facts }) => {
    const secret = 'A'.repeat(43);
    const origin = { origin: new URL(facts.visitor_url).origin };
    const refused = async (path: string, body: object): Promise<unknown[]> => {
      const answer = await fetch(`${facts.public_url}/v1/consent/${path}`, { method: 'POST', headers: origin, body: JSON.stringify(body) });
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    const no = [403, 'consent_needed'];
    expect(await refused('frames', { hello: { t: 'hello', secret } })).toEqual(no);
    expect(await refused('frames', { hello: { t: 'hello', secret, consent: 'f'.repeat(64) } })).toEqual(no);
    expect(await refused('identity', { secret, person: { name: 'Eve' } })).toEqual(no);
  });

  test('who has the page open since before the text was changed is told to reload it', async ({ profiles, facts }) => {
    const { visitor } = await asked(await profiles.fresh(), facts, '', (script) => script.replaceAll(/"[0-9a-f]{64}"/g, JSON.stringify('e'.repeat(64))));
    await visitor.launcher.click();
    await agree(visitor);
    await visitor.window.getByText('What this chat asks you to agree to has changed. Reload the page to read it.').waitFor();
  });

  test('on a phone, in Russian, in the dark', async ({ profiles, facts }) => {
    const { visitor, traffic } = await asked(await profiles.fresh({ ...phone, colorScheme: 'dark', locale: 'ru-RU' }), facts, 'ru/');
    await visitor.launcher.tap();
    await visitor.window.getByText('Мы храним то, что вы здесь напишете').waitFor();
    await screenshot(visitor, 'consent-phone-dark-ru');
    expect(await faults(visitor)).toEqual([]);
    expect([await stored(visitor.page), traffic.sent]).toEqual([[], []]);
    await agree(visitor);
    await visitor.textbox.waitFor();
  });
});
