import type { BrowserContext, Frame, Page } from 'playwright-core';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import { serve, tag } from './stack/own';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** What a context's consoles say, and what its pages throw. */
function hears(context: BrowserContext): string[] {
  const lines: string[] = [];
  context.on('console', (message) => void (/favicon/.test(message.location().url) || lines.push(message.text())));
  context.on('weberror', (error) => lines.push(`thrown: ${String(error.error())}`));
  return lines;
}

const own = (facts: Facts): string => `<!doctype html><html lang="en"><title>Own</title><h1>Own</h1>${tag(facts)}`;

/** A profile with a page at the shop's origin, which may be in frames, and its address. */
async function framable(context: BrowserContext, facts: Facts): Promise<string> {
  await context.grantPermissions(['local-network-access']);
  return serve(context, facts, { html: own(facts) });
}

/** The shop's page in the page's frame, as a visitor uses it. */
async function inside(page: Page): Promise<Visitor> {
  await eventually(() => page.frames().length, 'the frame', 2);
  // A frame has what a visitor needs of a page.
  const visitor = new Visitor(page.frames()[1] as Frame as unknown as Page);
  await visitor.launcher.waitFor();
  return visitor;
}

describe('A page with the chat', () => {
  test('in a frame of another site has it as it is', async ({ profiles, operator, facts, around }) => {
    const context = await profiles.fresh();
    const lines = hears(context);
    const page = await context.newPage();
    await page.goto(around.framed(await framable(context, facts)));
    const visitor = await inside(page);
    const dialog = await meet(visitor, operator, 'From a frame');
    await dialog.says('Seen.');
    await visitor.sees('Seen.');
    await page.keyboard.press('Escape');
    await visitor.window.waitFor({ state: 'hidden' });
    await page.reload();
    await (await inside(page)).open();
    expect(lines).toEqual([]);
  });

  test('in a sandbox without an origin, or of an origin that is not the site\'s, says so in its window, and throws nothing', async ({ profiles, facts, around }) => {
    // Browsers say themselves what was refused.
    profiles.expectErrors(/WebSocket|status of 403/);
    const context = await profiles.fresh();
    const lines = hears(context);
    const page = await context.newPage();
    await page.goto(around.framed(await framable(context, facts), 'sandbox="allow-scripts"'));
    const visitor = await inside(page);
    await visitor.launcher.click();
    await visitor.window.getByText('The chat is not allowed on this page.').waitFor();
    await screenshot(new Visitor(page), 'frame-sandboxed');
    const stranger = await (await Visitor.visit(context, around.page(own(facts)))).open();
    await stranger.window.getByText('The chat is not allowed on this page.').waitFor();
    expect(lines.filter((line) => /thrown|Anteroom/.test(line))).toEqual([]);
  });

  test('in a sandbox with its origin has the chat as it is', async ({ profiles, operator, facts, around }) => {
    const context = await profiles.fresh();
    const lines = hears(context);
    const page = await context.newPage();
    await page.goto(around.framed(await framable(context, facts), 'sandbox="allow-scripts allow-same-origin"'));
    const dialog = await meet(await inside(page), operator, 'From a sandbox');
    await dialog.says('Seen.');
    expect(lines).toEqual([]);
  });

  test('in a frame whose browser keeps nothing for others has a chat as long as the page', async ({ profiles, operator, facts, around }) => {
    const context = await profiles.fresh();
    const lines = hears(context);
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.setCookieControls' as never, { enableThirdPartyCookieRestriction: true, disableThirdPartyCookieMetadata: true, disableThirdPartyCookieHeuristics: true } as never);
    await page.goto(around.framed(await framable(context, facts)));
    const visitor = await inside(page);
    expect(await visitor.page.evaluate('try { localStorage.length } catch (error) { error.name }')).toBe('SecurityError');
    const dialog = await meet(visitor, operator, 'From a frame that keeps nothing');
    await dialog.says('Seen.');
    await visitor.sees('Seen.');
    expect(lines).toEqual([]);
  });

  test('that shows it in a frame without an address', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const lines = hears(context);
    const page = await context.newPage();
    await page.goto(await serve(context, facts, { html: `<!doctype html><title>Own</title><h1>Own</h1><iframe title="In" style="width:800px;height:600px" srcdoc='<!doctype html><title>In</title>${tag(facts)}'></iframe>` }));
    const dialog = await meet(await inside(page), operator, 'From srcdoc');
    expect(await dialog.asks('!visitor')).toContain('about:srcdoc');
    expect(lines).toEqual([]);
  });
});
