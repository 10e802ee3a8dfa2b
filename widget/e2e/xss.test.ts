import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { strings as english } from '../src/i18n/en';
import { Desk } from './stack/desk';
import type { Dialog } from './stack/dialog';
import { describe, expect, test } from './stack/fixtures';
import type { Content } from './stack/operator';
import { serve, tag, visit } from './stack/own';
import { mailTo, reads } from './stack/post';
import type { Facts } from './stack/start';
import { Raw } from './stack/raw';
import { Trap } from './stack/trap';
import { packed, packedHTML, vectors } from './stack/vectors';
import type { Vector } from './stack/vectors';

/** The site whose visitors can have all there is: transcripts, and mails. */
const site = 'mails';

/** A long talk takes its time on a busy machine, in milliseconds. */
const patience = 120_000;

/** Does something for each, a few at a time. */
async function each<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  const rest = all.values();
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const one of rest) await act(one);
  }));
}

/** So many of them, from all over the set. */
function some(all: readonly Vector[], count: number): Vector[] {
  return all.filter((_, i) => i % Math.ceil(all.length / count) === 0);
}

/** One of them, cut to so many characters: another one for each number. */
const pick = (all: readonly Vector[], i: number, most: number): string => [...(all[(i * 7) % all.length]?.text ?? '')].slice(0, most).join('');

const formatted = (html: string): Content => ({ format: 'org.matrix.custom.html', formatted_body: html });

/** The visitor's id in the panel. */
const contactOf = ({ ghost }: Dialog): string => /^@anteroom_(.*):/.exec(ghost)?.[1] ?? '';

/** All pages of a profile show something now, and nothing in them is a vector's. */
async function areClean(trap: Trap, ...pages: Page[]): Promise<void> {
  for (const page of pages) expect(await trap.looks(page)).toEqual([]);
  expect(trap.sprung).toEqual([]);
}

/** What a page says in its own policy where a site is careful. */
const policy = ({ public_url: bridge }: Facts): string =>
  `default-src 'none'; script-src ${bridge}; connect-src ${bridge} ${bridge.replace('http', 'ws')}; img-src ${bridge}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'`;

/** Shows HTML in a page as a faulty program would. */
async function falls(page: Page, html: string): Promise<void> {
  await page.evaluate((text) => document.querySelector('main')?.append(Object.assign(document.createElement('p'), { innerHTML: text })), html);
}

/** All tests below are as good as their trap. */
test('The trap notes what runs, what is asked for, what a policy alone stops, and what is left behind', async ({ profiles, facts }) => {
  profiles.expectErrors(/./);
  const context = await profiles.fresh();
  const trap = await Trap.set(context, facts);
  const page = await context.newPage();
  const html = '<!doctype html><html lang="en"><title>A fault</title><main></main>';
  await page.goto(await serve(context, facts, { html }));
  expect(await trap.looks(page)).toEqual([]);
  await falls(page, '<img src="http://xss.test/a.png" onerror="xss(1)"><a href="javascript:xss(1)">b</a><svg><use href="data:,x"></use></svg>');
  for (const sprung of ['a request: image http://xss.test/a.png', 'a script: ']) await expect.poll(() => trap.sprung.join(' ')).toContain(sprung);
  const left = (await trap.looks(page)).join(' ');
  for (const trace of ['IMG onerror=xss(1)', 'IMG src=http://xss.test/a.png', 'A href=javascript:xss(1)', '<use href']) expect(left).toContain(trace);
  await page.goto(await serve(context, facts, { html, policy: "script-src 'none'" }));
  await falls(page, '<img src="" onerror="xss(1)">');
  await expect.poll(() => trap.sprung.join(' ')).toContain('the policy alone stopped script-src-attr');
});

describe('Nothing runs, and nothing is asked for,', () => {
  test('of what an operator writes, in the chat, in what is kept of it and in mails', { timeout: 420_000 }, async ({ profiles, operator, facts }) => {
    const all = await vectors();
    expect(all.length).toBeGreaterThanOrEqual(400);
    const context = await profiles.fresh();
    context.setDefaultTimeout(patience);
    const trap = await Trap.set(context, facts);
    const html = `<!doctype html><html lang="en"><title>Own</title><h1>Own</h1>${tag(facts, site)}`;
    const loose = await visit(context, facts, { html });
    await loose.open();
    await loose.says('Write me everything');
    const dialog = await operator.dialog('Write me everything', patience);
    const strict = await visit(context, facts, { html, policy: policy(facts) });
    await strict.open();
    const end = async (text: string): Promise<void> => {
      await dialog.says(text);
      for (const visitor of [loose, strict]) await visitor.sees(text);
      await areClean(trap, loose.page, strict.page);
    };

    const messages = await packedHTML(loose.page, all);
    await each(messages, (text) => dialog.says(text, formatted(text)));
    await end('That was all as HTML.');

    const lines = packed(all, 8000);
    const first = await dialog.says('To be changed');
    for (const text of lines) {
      await dialog.says(text, { msgtype: 'm.emote' });
      await dialog.replies(dialog.first.event_id, text);
      await dialog.sends('m.room.message', { msgtype: 'm.text', body: `* ${text}`, 'm.new_content': { msgtype: 'm.text', body: text, ...formatted(text) }, 'm.relates_to': { rel_type: 'm.replace', event_id: first } });
      await dialog.sends('m.room.message', { msgtype: 'm.location', body: text, geo_uri: 'geo:55.7,37.6' });
    }
    await each(some(all, 12), ({ text }) => dialog.reacts(dialog.first.event_id, text));
    await end('That was all as text.');

    // Files that browsers could run, under names that could be markup, with captions.
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="xss(1)"><script>xss(1)</script><image href="http://xss.test/file.png"/></svg>');
    const page = Buffer.from('<!doctype html><script>top.xss(1)</script><img src=http://xss.test/file2.png onerror=top.xss(1)>');
    const named = all.filter(({ group }) => group === 'file name').concat(some(all, 6));
    const [drawing, written] = await Promise.all([operator.upload(svg, 'x.svg', 'image/svg+xml'), operator.upload(page, 'x.html', 'text/html')]);
    await each(named, async ({ text }) => {
      if (text.length % 2) await dialog.sends('m.room.message', { msgtype: 'm.image', body: text, url: drawing, info: { mimetype: 'image/svg+xml', w: 20, h: 20 } });
      else await dialog.sends('m.room.message', { msgtype: 'm.file', body: text, filename: text, url: written, info: { mimetype: 'text/html' }, ...formatted(text) });
    });
    await end('Those were files.');

    // Under other names, as far as the homeserver lets people be called so.
    const member = `state/m.room.member/${encodeURIComponent(operator.userID)}`;
    for (const { text } of some(all, 8)) {
      await operator.call('PUT', `v3/rooms/${encodeURIComponent(dialog.id)}/${member}`, { membership: 'join', displayname: text });
      await dialog.says(`As ${text}`);
    }
    await end('Those were names.');

    // The visitor's own words, and what is kept of them all.
    for (const text of packed(some(all, 60), 500).slice(0, 8)) await loose.says(text);
    await loose.says('Those were mine.');
    await dialog.sees('Those were mine.');
    const { menu } = await english.rare();
    const choose = async (item: string): Promise<void> => {
      await loose.window.getByRole('button', { name: english.menu, exact: true }).click();
      await loose.window.getByRole('menuitem', { name: item }).click();
    };
    const saved = loose.page.waitForEvent('download');
    await choose('Download the conversation');
    const file = await readFile(await (await saved).path(), 'utf8');
    const address = 'everything@example.org';
    await choose(menu.transcript);
    await loose.window.getByRole('textbox', { name: menu.address }).fill(address);
    await loose.window.getByRole('button', { name: menu.send.transcript, exact: true }).first().click();
    await areClean(trap, loose.page);
    const mail = await mailTo(facts, address);
    // In a browser that heeds no policy, as mail programs know none.
    const reader = await profiles.fresh({ bypassCSP: true });
    const shut = await Trap.set(reader, facts, 'http://mail.test');
    for (const kept of [mail, { ...mail, html: file }]) {
      const { page: shown, asked } = await reads(reader, kept);
      await shown.getByText('Those were mine.').waitFor();
      await shown.getByText('Those were names.').waitFor();
      await areClean(shut, shown);
      expect(asked).toEqual([]);
    }
  });

  test('of what visitors say of themselves, in the panel and in Matrix rooms', { timeout: 420_000 }, async ({ profiles, operator, facts }) => {
    const all = await vectors();
    const context = await profiles.fresh({ bypassCSP: true, viewport: { width: 1200, height: 1600 } });
    context.setDefaultTimeout(patience);
    const trap = await Trap.set(context, facts);
    const drawing = new Raw(facts);
    await drawing.says({ url: facts.visitor_url }, drawing.frame('message', { text: 'I draw.' }));
    await operator.dialog('I draw.', patience);
    const desk = await Desk.inbox(context, facts, operator, '#sort=newest');
    await desk.search.waitFor();

    const size = 45;
    const parts = Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
    const dialogs: Dialog[] = [];
    await each(parts, async (part) => {
      const n = parts.indexOf(part);
      const raw = new Raw(facts);
      const schemes = all.filter(({ group }) => group === 'bare scheme');
      const page = { url: n % 2 ? pick(schemes, n, 400) : `${facts.visitor_url}${pick(part, n, 200)}`, title: pick(part, n + 1, 250), referrer: n % 2 ? `https://good.test/${pick(part, n + 2, 200)}` : pick(schemes, n + 3, 400) };
      await raw.says(page, raw.frame('message', { text: `I am number ${n}.` }), ...packed(part, 500).map((text) => raw.frame('message', { text })).slice(0, 9));
      const variables = Object.fromEntries(part.map(({ text }, i) => [/^[a-z]\w*$/i.test(text) ? text : `v${i}`, text]));
      await raw.identifies({ name: pick(part, n + 4, 90), phone: pick(part, n + 5, 30), variables: { ...variables, mark: `number ${n}.`, link: pick(schemes, n, 400) } });
      dialogs[n] = await operator.dialog(`I am number ${n}.`, patience);
    });
    const drawn = await drawing.attaches({ url: facts.visitor_url }, '"><svg onload=xss(1)>.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="xss(1)"><image href="http://xss.test/v.png"/></svg>');
    const written = await drawing.attaches({ url: facts.visitor_url }, '<img src=x onerror=xss(1)>.html', 'text/html', '<script>xss(1)</script><img src=http://xss.test/v2.png>');

    // The list as it changed, the list as it is, and the cards; with the page's policy and without.
    await desk.row(/./).nth(parts.length - 1).waitFor();
    await areClean(trap, desk.page);
    const strict = await profiles.fresh({ viewport: { width: 1200, height: 1600 } });
    strict.setDefaultTimeout(patience);
    const other = await Trap.set(strict, facts);
    const guarded = await Desk.inbox(strict, facts, operator, '#sort=newest');
    for (const [n, dialog] of dialogs.entries()) {
      const contact = contactOf(dialog);
      for (const [{ page }, its] of [[desk, trap], [guarded, other]] as const) {
        if (page === guarded.page && n % 4) continue;
        await page.evaluate((id) => (location.hash = `contact=${id}`), contact);
        await page.getByText(`number ${n}.`, { exact: true }).waitFor();
        await areClean(its, page);
      }
    }

    // What is filled in, and the word with a rating.
    const filling = new Raw(facts, 'forms');
    const words = packed(some(all, 40), 450);
    await filling.says({ url: facts.visitor_url }, filling.frame('form', { id: 'start', values: { name: pick(all, 5, 60), email: 'a@example.org', topic: '0' } }), filling.frame('message', { text: 'I fill in.' }));
    const filled = await operator.dialog('I fill in.', patience);
    await filled.says('Answered.');
    await filled.says('!close');
    let closing: unknown;
    await expect.poll(async () => {
      const [welcome] = await filling.says({ url: facts.visitor_url });
      closing = (welcome as { flow?: { rate?: { closing: number } } }).flow?.rate?.closing;
      return typeof closing;
    }, { timeout: patience }).toBe('number');
    await filling.says({ url: facts.visitor_url }, filling.frame('rate', { closing, score: 1, text: words[0] }));
    const third = await profiles.fresh({ bypassCSP: true });
    third.setDefaultTimeout(patience);
    const around = await Trap.set(third, facts);
    const { page: given } = await Desk.inbox(third, { ...facts, site: 'forms' }, operator, `#contact=${contactOf(filled)}`);
    await given.getByText('a@example.org').first().waitFor();
    await given.getByText(/xss\(1\)/).first().waitFor();
    await areClean(around, given);

    // A file that a browser could run is saved, and not shown.
    for (const url of [drawn, written]) {
      const page = await context.newPage();
      const [saved] = await Promise.all([page.waitForEvent('download'), page.goto(url).catch(() => null)]);
      expect(saved.suggestedFilename()).not.toMatch(/[<>"]/);
      await page.close();
    }
    expect(trap.sprung).toEqual([]);

    // A Matrix client that shows any HTML has none to show, and one that shows names has plain lines.
    const asked = dialogs.slice(0, 6);
    for (const dialog of asked) await dialog.asks('!visitor');
    const ours = [...operator.rooms.values()].flatMap(({ events }) => events).filter(({ sender }) => sender !== operator.userID);
    const bodies = ours.map(({ content }) => content['formatted_body']).filter((body) => typeof body === 'string');
    expect(bodies.length).toBeGreaterThanOrEqual(asked.length);
    const client = await context.newPage();
    await client.goto(await serve(context, facts, { html: '<!doctype html><html lang="en"><title>A client</title><main></main>' }));
    await client.evaluate((htmls) => htmls.forEach((html) => document.querySelector('main')?.append(Object.assign(document.createElement('p'), { innerHTML: html }))), bodies);
    await areClean(trap, client);
    const names = ours.flatMap(({ content }) => [content['name'], content['topic'], content['displayname']]).filter((name) => typeof name === 'string');
    expect(names.length).toBeGreaterThan(parts.length);
    expect(names.filter((name) => /[\p{Cc}\u202a-\u202e]/u.test(name))).toEqual([]);
  });

  test("of what stands in the addresses of the bridge's own pages", { timeout: 180_000 }, async ({ profiles, facts }) => {
    profiles.expectErrors(/status of 40[034]/);
    const all = await vectors();
    const context = await profiles.fresh({ bypassCSP: true });
    context.setDefaultTimeout(patience);
    const trap = await Trap.set(context, facts);
    const paths = [`${site}/chat`, `${site}/chat.svg`, `${site}/preview`, `${site}/preview/page`, `v1/${site}/unsubscribe`, `v1/${site}/back`, `panel/${site}`];
    const names = ['lang', 'l', 'a', 'theme', 'as', 's', 'widgetId', 'parentUrl'];
    for (const path of paths) {
      const bodies = new Map<string, string>();
      const asks = Array.from({ length: Math.ceil(all.length / names.length) }, (_, i) => new URLSearchParams(names.map((name, j) => [name, all[i * names.length + j]?.text ?? ''])));
      await each(asks, async (query) => {
        const url = `${facts.public_url}/${path}?${query}`;
        const text = await (await fetch(url)).text();
        expect(text).not.toMatch(/xss\(1|xss\.test/);
        bodies.set(text, url);
      });
      // Each answer that differs, with a vector behind the "#" too.
      expect(bodies.size).toBeLessThan(8);
      if (path.endsWith('/page')) continue; // which only the preview shows
      for (const [i, url] of [...bodies.values()].entries()) {
        // Its own, as a page that takes what is behind the "#" goes on to another address by itself.
        const page = await context.newPage();
        await page.goto(`${url}#${encodeURIComponent(all[i * 31]?.text ?? '')}`);
        if (!path.endsWith('.svg')) await areClean(trap, page);
        await page.goto(`${url}#contact=${all[i * 17]?.text ?? ''}&link=${all[i * 13]?.text ?? ''}&as=${all[i * 11]?.text ?? ''}`);
        await page.waitForLoadState('networkidle');
        await page.close();
      }
    }
    // A path that is none says so without repeating it.
    await each(some(all, 60), async ({ text }) => expect(await (await fetch(`${facts.public_url}/${encodeURIComponent(text)}/chat`)).text()).not.toContain('<img'));
    expect(trap.sprung).toEqual([]);
  });
});
