import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';
import { describe, expect, meet, test } from './stack/fixtures';
import { strictest, tag, visit } from './stack/own';
import type { Operator } from './stack/operator';
import type { Facts } from './stack/start';
import type { Visitor } from './stack/visitor';

const formatted = '<p>Dear <strong>guest</strong>, see <a href="https://shop.example/">the shop</a></p>';

const hash = (script: string): string => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
const page = (head: string): string => `<!doctype html><title>Own</title>${head}<h1>Own</h1>`;

/** A visitor talks on a page under a policy, and uses what loads later; resolves with what the console says. */
async function talks(context: BrowserContext, operator: Operator, facts: Facts, html: string, scripts: string, types?: string): Promise<string[]> {
  const lines: string[] = [];
  context.on('console', (message) => lines.push(message.text()));
  const visitor: Visitor = await visit(context, facts, { html, policy: strictest(facts, scripts, types) });
  const dialog = await meet(visitor, operator, `Strictly ${scripts}`);
  await dialog.says('Dear guest, see the shop', { format: 'org.matrix.custom.html', formatted_body: formatted });
  const message = await visitor.sees('Dear guest, see the shop');
  expect(await message.locator('strong').innerText()).toBe('guest');
  expect(await message.getByRole('link', { name: 'the shop' }).getAttribute('href')).toBe('https://shop.example/');
  await visitor.page.evaluate('Anteroom.on("message", () => 0); Anteroom.set({ a: 1 })');
  await visitor.chooses('Dear guest', 'Reply');
  await visitor.says('Thank you');
  await dialog.sees('Thank you');
  return lines.filter((line) => !/favicon|icon/.test(line));
}

describe('Under the strictest policy', () => {
  test.for([
    ['scripts by nonce alone', "'nonce-c2VjcmV0'", 'async nonce="c2VjcmV0"'],
    ['scripts by nonce and what they load', "'nonce-c2VjcmV0' 'strict-dynamic'", 'async nonce="c2VjcmV0"'],
    ["scripts of the bridge's address", '', 'async'],
  ] as const)('with %s the chat works without a line in the console', async ([, by, more], { profiles, operator, facts }) => {
    expect(await talks(await profiles.fresh(), operator, facts, page(tag(facts, facts.site, more)), by || facts.public_url)).toEqual([]);
  });

  test('with hashes alone and what they load, the lines of README.md bring the chat, without a line in the console', async ({ profiles, operator, facts }) => {
    const readme = await readFile('../README.md', 'utf8');
    const lines = (/<script>(\s*\{\s*const chat = [^]*?)<\/script>/.exec(readme)?.[1] ?? '').replace('https://chat.example.com/widget/shop.js', `${facts.public_url}/widget/${facts.site}.js`);
    expect(lines).toContain(facts.public_url);
    expect(await talks(await profiles.fresh(), operator, facts, page(`<script>${lines}</script>`), `${hash(lines)} 'strict-dynamic'`, 'chat')).toEqual([]);
  });

  test('with the hash of the first lines beside the address the page can call before the chat is there', async ({ profiles, operator, facts }) => {
    const readme = await readFile('../README.md', 'utf8');
    const lines = `${/<script nonce="…">\s*(window\.Anteroom \|\|[^]*?)<\/script>/.exec(readme)?.[1] ?? ''}\nAnteroom.set({ plan: 'gold' });`;
    const html = page(`<script>${lines}</script>${tag(facts)}`);
    expect(await talks(await profiles.fresh(), operator, facts, html, `${hash(lines)} ${facts.public_url}`)).toEqual([]);
  });

  test('with the hash of the script itself the button says that the chat did not load, as README.md says', async ({ profiles, facts }) => {
    const loader = await (await fetch(`${facts.public_url}/widget/${facts.site}.js`)).text();
    const integrity = `sha256-${createHash('sha256').update(loader).digest('base64')}`;
    profiles.expectErrors(/Content Security Policy|Anteroom:|status of 4/);
    const visitor = await visit(await profiles.fresh(), facts, { html: page(tag(facts, facts.site, `integrity="${integrity}" crossorigin`)), policy: strictest(facts, `'${integrity}'`) });
    await visitor.launcher.click();
    await visitor.page.getByRole('button', { name: 'The chat did not load. Reload the page' }).waitFor();
  });
});
