import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { tag, visit } from './stack/own';
import type { Facts } from './stack/start';

/** Only what the chat cannot do without: what is missing here is forbidden. */
const policy = ({ public_url: bridge }: Facts, scripts: string): string =>
  [
    "default-src 'none'",
    `script-src ${scripts}`,
    `connect-src ${bridge} ${bridge.replace('http', 'ws')}`,
    `img-src ${bridge}`,
    `media-src ${bridge}`,
    "style-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

const formatted = '<p>Dear <strong>guest</strong>, see <a href="https://shop.example/">the shop</a></p>';

describe('Under the strictest policy', () => {
  test.for([
    ['scripts by nonce alone', "'nonce-c2VjcmV0'", 'async nonce="c2VjcmV0"'],
    ['scripts by nonce and what they load', "'nonce-c2VjcmV0' 'strict-dynamic'", 'async nonce="c2VjcmV0"'],
    ["scripts of the bridge's address", '', 'async'],
  ] as const)('with %s the chat works without a line in the console', async ([, by, more], { profiles, operator, facts }) => {
    const scripts = by || facts.public_url;
    const context = await profiles.fresh();
    const lines: string[] = [];
    context.on('console', (message) => lines.push(message.text()));
    const visitor = await visit(context, facts, { html: `<!doctype html><title>Own</title><h1>Own</h1>${tag(facts, facts.site, more)}`, policy: policy(facts, scripts) });
    const dialog = await meet(visitor, operator, `Strictly ${more} ${scripts}`);
    await dialog.says('Dear guest, see the shop', { format: 'org.matrix.custom.html', formatted_body: formatted });
    const message = await visitor.sees('Dear guest, see the shop');
    expect(await message.locator('strong').innerText()).toBe('guest');
    expect(await message.getByRole('link', { name: 'the shop' }).getAttribute('href')).toBe('https://shop.example/');
    await visitor.page.evaluate('Anteroom.on("message", () => 0); Anteroom.set({ a: 1 })');
    await visitor.chooses('Dear guest', 'Reply');
    await visitor.says('Thank you');
    await dialog.sees('Thank you');
    await eventually(() => lines.filter((line) => !/favicon|icon/.test(line)), 'the lines in the console', []);
  });
});
