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
import { Program } from './stack/program';
import { Raw } from './stack/raw';
import { Trap } from './stack/trap';
import { core, drawn, linked, named, packed, packedHTML, parted, vectors } from './stack/vectors';
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

const cut = (text: string, most: number): string => [...text].slice(0, most).join('');

/** One of them, cut to so many characters: another one for each number. */
const pick = (all: readonly Vector[], i: number, most: number): string => cut(all[(i * 7) % all.length]?.text ?? '', most);

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

    await each(await packedHTML(loose.page, linked(all)), (text) => dialog.says('Links', formatted(text)));
    for (const text of packed(all.map((vector) => ({ ...vector, text: `http://good.test/?q=${vector.text}` })), 8000)) await dialog.says(text);
    await end('Those were links.');

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
    const [drawing, written] = await Promise.all([
      operator.upload(Buffer.from(await drawn(loose.page, all)), 'x.svg', 'image/svg+xml'),
      operator.upload(Buffer.from(`<!doctype html><script>top.xss(1)</script>${all.map(({ text }) => text).join('\n')}`), 'x.html', 'text/html'),
    ]);
    const names = packed(named(all), 190);
    await each(packed(all, 550).map((caption, i) => ({ i, caption, filename: names[i % names.length] })), async ({ i, caption, ...file }) => {
      const more = { body: caption, ...file, ...formatted(caption) };
      if (i % 2) await dialog.sends('m.room.message', { msgtype: 'm.image', url: drawing, info: { mimetype: 'image/svg+xml', w: 20, h: 20 }, ...more });
      else await dialog.sends('m.room.message', { msgtype: 'm.file', url: written, info: { mimetype: 'text/html' }, ...more });
    });
    expect(names.length).toBeLessThanOrEqual(packed(all, 550).length);
    await end('Those were files.');

    // Under other names, as a program has them, and as far as the homeserver lets people be called so.
    const program = new Program(facts);
    await each(packed(all, 100), (name) => program.does('POST', `/contacts/${contactOf(dialog)}/messages`, { text: 'As another', operator: operator.userID, name: cut(name, 100) }));
    const member = `state/m.room.member/${encodeURIComponent(operator.userID)}`;
    for (const { text } of some(all, 8)) {
      await operator.call('PUT', `v3/rooms/${encodeURIComponent(dialog.id)}/${member}`, { membership: 'join', displayname: text });
      await dialog.says(`As ${text}`);
    }
    await end('Those were names.');

    // The visitor's own words and files, from another tab, and what is kept of them all.
    const tab = new Raw(facts, site, await loose.page.evaluate((key) => (JSON.parse(localStorage.getItem(key) ?? '') as { secret: string }).secret, `anteroom.${site}`));
    const at = { url: facts.visitor_url };
    for (const text of packed(all, 3900)) await tab.says(at, tab.frame('message', { text }));
    await each(names, (name) => tab.attaches(at, name, 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="xss(1)"/>'));
    await loose.says('Those were mine.');
    await loose.seesState('Those were mine.', 'Sent');
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
      const words = core((await shown.locator('body').textContent()) ?? '');
      expect(all.filter(({ text }) => !words.includes(core(text)))).toEqual([]);
      await areClean(shut, shown);
      expect(asked).toEqual([]);
    }
  });

  test('of what visitors say of themselves, in the panel and in Matrix rooms', { timeout: 420_000 }, async ({ profiles, operator, facts }) => {
    const all = await vectors();
    const context = await profiles.fresh({ bypassCSP: true, viewport: { width: 1200, height: 2400 } });
    context.setDefaultTimeout(patience);
    const trap = await Trap.set(context, facts);
    const drawing = new Raw(facts, site);
    await drawing.says({ url: facts.visitor_url }, drawing.frame('message', { text: 'I draw.' }));
    await operator.dialog('I draw.', patience);
    const desk = await Desk.inbox(context, { ...facts, site }, operator, '#sort=newest');
    await desk.search.waitFor();
    // All who look sign in now: the links come by a homeserver that has much to do afterwards.
    const strict = await profiles.fresh({ viewport: { width: 1200, height: 1600 } });
    strict.setDefaultTimeout(patience);
    const other = await Trap.set(strict, facts);
    const guarded = await Desk.inbox(strict, { ...facts, site }, operator, '#sort=newest');
    const third = await profiles.fresh({ bypassCSP: true });
    third.setDefaultTimeout(patience);
    const around = await Trap.set(third, facts);
    const { page: given } = await Desk.inbox(third, { ...facts, site: 'forms' }, operator);

    const parts = parted(all);
    const schemes = all.filter(({ group }) => group === 'bare scheme' || group === 'link scheme');
    const shop = { url: facts.visitor_url };
    const schemesOf = (n: number): string[] => schemes.filter((_, i) => i % parts.length === n).map(({ text }) => text);
    const raws = parts.map(() => new Raw(facts, site));
    const dialogs: Dialog[] = [];
    await each(parts, async (part) => {
      const n = parts.indexOf(part);
      const raw = raws[n] as Raw;
      const own = schemesOf(n);
      await raw.says(shop, raw.frame('message', { text: `I am number ${n}.` }));
      const variables = Object.fromEntries(part.map(({ text }, i) => [/^[a-z]\w*$/i.test(text) ? text : `v${i}`, text]));
      await raw.identifies({ phone: pick(part, n + 5, 30), variables: { ...variables, mark: `number ${n}.`, link: own[0] } });
      dialogs[n] = await operator.dialog(`I am number ${n}.`, patience);
    });

    // Each in a row of the list, as a name, in what was written last and as the name of a file;
    // and as an address, a title and where one came from, which are in the cards then.
    const turns = parts.map((part, n) => {
      const referrer = `https://good.test/${packed(part, 3000)[0]}`;
      const pages = packed(part, 100).map((text) => ({ url: `${facts.visitor_url}?${text}`, title: text, referrer }));
      return {
        raw: raws[n] as Raw, pages: [...schemesOf(n).map((url) => ({ url, title: '', referrer: url })), ...pages],
        names: packed(part, 100).map((name) => cut(name, 100)), lines: packed(part, 190), files: packed(named(part), 190),
      };
    });
    const last = Math.max(...turns.map(({ pages, lines, files }) => Math.max(pages.length, lines.length + files.length)));
    for (let turn = 0; turn < last; turn++) {
      const due: string[] = [];
      await each(turns, async ({ raw, pages, names, lines, files }) => {
        const [page = pages.at(-1) ?? shop, name, line, file] = [pages[turn], names[turn], lines[turn], files[turn - lines.length]];
        if (name !== undefined) await raw.identifies({ name });
        await raw.says(page, ...(line === undefined ? [] : [raw.frame('message', { text: line })]));
        if (file !== undefined) await raw.attaches(page, file, 'text/plain', 'A file');
        due.push(...[name, line, file].flatMap((text) => (text === undefined ? [] : [core(cut(text, 190))])));
      });
      await expect.poll(async () => {
        const words = core((await desk.list.textContent()) ?? '');
        return due.filter((text) => !words.includes(text));
      }, { timeout: patience, message: `the list in turn ${turn}` }).toEqual([]);
      await areClean(trap, desk.page);
    }

    // What a program or an operator notes of them.
    const program = new Program(facts);
    const deals = parts.map((part) => packed(part, 190).map((title) => cut(title, 190)));
    await each(parts, async (part) => {
      const n = parts.indexOf(part);
      const path = `/contacts/${contactOf(dialogs[n] as Dialog)}`;
      await program.does('PATCH', path, { name: pick(part, n, 90), company: pick(part, n + 1, 90), note: packed(part, 3900)[0] });
      for (const title of deals[n] ?? []) await program.does('POST', `${path}/deals`, { title });
    });

    const reader = await context.newPage();
    const picture = await drawing.attaches(shop, '"><svg onload=xss(1)>.svg', 'image/svg+xml', await drawn(reader, all));
    const written = await drawing.attaches(shop, '<img src=x onerror=xss(1)>.html', 'text/html', `<script>xss(1)</script>${all.map(({ text }) => text).join('\n')}`);
    await reader.close();

    // The list as it changed, the list as it is, and the cards; with the page's policy and without.
    await areClean(trap, desk.page);
    for (const [n, dialog] of dialogs.entries()) {
      const contact = contactOf(dialog);
      for (const [{ page }, its] of [[desk, trap], [guarded, other]] as const) {
        if (page === guarded.page && n % 4) continue;
        await page.evaluate((id) => (location.hash = `contact=${id}`), contact);
        await page.getByText(`number ${n}.`, { exact: true }).waitFor();
        await expect.poll(async () => {
          const [words, trail] = await Promise.all([page.getByRole('main'), page.locator('ol.trail').first()].map(async (shown) => core((await shown.textContent()) ?? '')));
          const [part = [], titles = []] = [parts[n], deals[n]];
          return {
            variables: part.filter(({ text }) => !words?.includes(core(cut(text, 80)))),
            pages: part.filter(({ text }) => !trail?.includes(core(cut(text, 80)))),
            deals: titles.filter((title) => !words?.includes(core(title))),
          };
        }, { timeout: patience / 4 }).toEqual({ variables: [], pages: [], deals: [] });
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
    await given.evaluate((id) => (location.hash = `contact=${id}`), contactOf(filled));
    await given.getByText('a@example.org').first().waitFor();
    await given.getByText(/xss\(1\)/).first().waitFor();
    await areClean(around, given);

    // A file that a browser could run is saved, and not shown.
    for (const url of [picture, written]) {
      const page = await context.newPage();
      const [saved] = await Promise.all([page.waitForEvent('download'), page.goto(url).catch(() => null)]);
      expect(saved.suggestedFilename()).not.toMatch(/[<>"]/);
      await page.close();
    }
    expect(trap.sprung).toEqual([]);

    // A Matrix client that shows any HTML has none to show, and one that shows names has plain lines.
    const asked = dialogs.slice(0, 6);
    for (const dialog of asked) await dialog.asks('!visitor', patience);
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
