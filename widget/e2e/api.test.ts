import type { Page } from 'playwright-core';
import { launch } from './stack/chromium';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { counts, nothing } from './stack/held';
import { queue, serve, tag, visit } from './stack/own';
import { Visitor } from './stack/visitor';

/** What a call comes to: "ok", or the sentence of the error. */
function said(page: Page, call: string): Promise<string> {
  return page.evaluate(`Anteroom.${call}.then(() => 'ok', (error) => error instanceof Error ? error.message : 'no error')`);
}

/** Listens to everything; what was told is in window.told. */
const listens = `
  window.told = [];
  for (const name of ['opened', 'closed', 'message', 'unread', 'rating', 'handoff']) {
    Anteroom.on(name, (what) => told.push(name + (what === undefined ? '' : ' ' + JSON.stringify(what, ['from', 'text', 'value', 'max', 'to', 'name']))));
  }`;
const told = (page: Page): Promise<string[]> => page.evaluate('window.told');

describe('What a page calls', () => {
  test('waits in its order until the script is there', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const lines = await queue();
    expect(lines).toContain('push');
    const html = `<!doctype html><title>Own</title><h1>Own</h1><script>${lines}
      const early = window.Anteroom;
      ${listens}
      Anteroom.set({ plan: 'gold', seats: 3 });
      Anteroom.hide();
      window.nothing = Anteroom.event('').then(() => 'ok', (error) => error.message);
      window.opened = early.open();
    </script>${tag(facts)}`;
    profiles.expectErrors(/Anteroom: bad_frame: The name of an event/);
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(await serve(context, facts, { html }));
    await visitor.textbox.waitFor();
    expect(await visitor.launcher.isVisible()).toBe(false);
    expect(await visitor.page.evaluate('nothing')).toMatch(/^The name of an event/);
    await visitor.page.evaluate('opened');
    // What holds the object from before goes on with the same chat.
    await visitor.page.evaluate('early.show()');
    await visitor.launcher.waitFor();
    await visitor.says('First of all');
    const dialog = await operator.dialog('First of all');
    await dialog.says('Welcome.');
    await visitor.sees('Welcome.');
    const name = await visitor.page.evaluate<string>('told.map((t) => /"to":"operator".*"name":"(.*)"/.exec(t)?.[1]).find(Boolean)');
    await eventually(() => told(visitor.page), 'what was told', [
      'opened',
      'message {"from":"visitor","text":"First of all"}',
      `message {"from":"operator","text":"Welcome.","name":"${name}"}`,
      `handoff {"to":"operator","name":"${name}"}`,
    ].map((t) => expect.stringContaining(t.split('"name"')[0] ?? '')) as string[]);
    expect(await dialog.asks('!visitor')).toMatch(/plan = gold[^]*seats = 3|seats = 3[^]*plan = gold/);
  });

  test('is done later where the code for it did not load at first', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const html = `<!doctype html><title>Own</title><script>${await queue()}
      window.early = Anteroom;
      void Anteroom.set({ plan: 'gold' });
      window.set = Anteroom.set({ plan: 'platinum' }).then(() => 'ok');
    </script>${tag(facts)}`;
    let tries = 0;
    await context.route('**/assets/*/calls-*.js', (route) => (tries++ ? route.continue() : route.abort()));
    profiles.expectErrors(/ERR_FAILED|Failed to fetch dynamically/);
    const visitor = new Visitor(await context.newPage());
    const failed = visitor.page.waitForEvent('requestfailed');
    await visitor.page.goto(await serve(context, facts, { html }));
    await failed;
    // What is called now comes behind what was called before.
    await visitor.page.evaluate("Anteroom.set({ size: 'XL', plan: 'diamond' })");
    await visitor.open();
    expect(await visitor.page.evaluate('set')).toBe('ok');
    const dialog = await meet(visitor, operator, 'What was called before?');
    expect(await dialog.asks('!visitor')).toMatch(/plan = diamond[^]*size = XL|size = XL[^]*plan = diamond/);
    expect(tries).toBe(2);
    // The object from before does no more than the chat.
    await visitor.page.evaluate('Anteroom.destroy()');
    profiles.expectErrors(/This chat was destroyed/);
    expect(await visitor.page.evaluate("early.event('late').catch((error) => error.message)")).toMatch(/^This chat was destroyed/);
  });

  test('is a rejected promise with a sentence and one line where it is wrong, and nothing else', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const page = await context.newPage();
    const lines: string[] = [];
    page.on('console', (message) => lines.push(message.text()));
    await page.addInitScript('window.thrown = []; for (const type of ["error", "unhandledrejection"]) addEventListener(type, () => thrown.push(type))');
    profiles.expectErrors(/^Anteroom:/);
    await page.goto(await serve(context, facts, { html: `<!doctype html><title>Own</title>${tag(facts)}` }));
    await page.waitForFunction('window.Anteroom');
    for (const [call, sentence] of [
      ['on("click", () => 0)', /^The chat has no event "click"; it has opened, closed, message/],
      ['on("opened")', /^Who listens to "opened" is a function/],
      ['off("nothing")', /^The chat has no event "nothing"/],
      ['event("x", { deep: {} })', /^The data of an event is an object of texts, numbers and booleans/],
      ['event()', /^The name of an event/],
      ['event(" ")', /^The name of an event/],
      ['event("x", Object.fromEntries(Array.from({ length: 51 }, (_, i) => ["v" + i, i])))', /^The data of an event has at most 50 values/],
      ['set()', /^Variables are an object/],
      ['set({ a: [1] })', /^Variables are an object/],
      ['identify()', /^Who is identified/],
      ['identify([])', /^Who is identified/],
      ['identify({ token: "" })', /^Who is identified/],
      ['set({ "": 1 })', /^The variable "" needs another name/],
      ['set({ long: "x".repeat(1001) })', /^The variable long has more than 1000 characters/],
      ['set(Object.fromEntries(Array.from({ length: 51 }, (_, i) => ["v" + i, i])))', /^There are at most 50 variables/],
      ['set(Object.fromEntries(Array.from({ length: 9 }, (_, i) => ["v" + i, "ы".repeat(1000)])))', /^The variables are at most 8192 bytes of JSON/],
      ['identify({ nick: "Ann" })', /^Of a visitor the chat takes token, name, .*: not "nick"/],
      ['page({ url: "http://%" })', /^The url of a page is an address/],
      ['page({ url: 5 })', /^The url of a page is an address/],
      ['site(3)', /^A site is named by a text/],
      ['site("")', /^A site is named by a text/],
      ['site("__proto__")', /^A site is named by a text/],
    ] as const) {
      lines.length = 0;
      expect(await said(page, call)).toMatch(sentence);
      // Nobody looks at this promise.
      await page.evaluate(`void Anteroom.${call}`);
      await eventually(() => lines.length, call, 2);
      expect(lines.every((line) => line.startsWith('Anteroom: '))).toBe(true);
    }
    expect(await page.evaluate('thrown')).toEqual([]);
  });

  test('toggles the window, also from before the script is there', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const html = `<!doctype html><title>Own</title><button onclick="Anteroom.toggle()">Help</button><script>${await queue()}
      ${listens}
      Anteroom.toggle();
    </script>${tag(facts)}`;
    const visitor = new Visitor(await context.newPage());
    await visitor.page.goto(await serve(context, facts, { html }));
    await visitor.textbox.waitFor();
    const help = visitor.page.getByRole('button', { name: 'Help' });
    await help.click();
    await visitor.window.waitFor({ state: 'hidden' });
    expect(await visitor.launcher.getAttribute('aria-expanded')).toBe('false');
    await help.click();
    await visitor.textbox.waitFor();
    expect(await visitor.launcher.getAttribute('aria-expanded')).toBe('true');
    expect(await said(visitor.page, 'toggle()')).toBe('ok');
    await visitor.window.waitFor({ state: 'hidden' });
    expect(await told(visitor.page)).toEqual(['opened', 'closed', 'opened', 'closed']);
  });

  test('hears what happens, in spite of a listener that throws, and no more when it is taken off', async ({ profiles, operator, facts }) => {
    const visitor = await visit(await profiles.fresh(), facts, { html: `<!doctype html><title>Own</title>${tag(facts)}` });
    profiles.expectErrors(/a listener of "message" failed: Error: oops/);
    await visitor.page.evaluate(`Anteroom.on('message', () => { throw new Error('oops'); }); ${listens}`);
    const dialog = await meet(visitor, operator, 'Is it heard?');
    await eventually(async () => (await told(visitor.page)).slice(0, 2), 'the first', ['opened', 'message {"from":"visitor","text":"Is it heard?"}']);
    await visitor.close();
    await dialog.says('It is.');
    await eventually(async () => (await told(visitor.page)).filter((t) => /unread|closed/.test(t)), 'what is unread', ['closed', 'unread 1']);
    await visitor.open();
    await eventually(async () => (await told(visitor.page)).at(-1), 'what is read', 'unread 0');
    await visitor.page.evaluate(`Anteroom.off('message'); Anteroom.off('handoff'); told.length = 0`);
    await dialog.says('And now?');
    await visitor.sees('And now?');
    await visitor.page.evaluate('Anteroom.close()');
    await eventually(() => told(visitor.page), 'what is told', ['closed']);
  });

  test('knows its visitor by a token as text', async ({ visitor, profiles }) => {
    profiles.expectErrors(/bad_token|status of 401/);
    expect(await said(visitor.page, "identify('nonsense')")).toMatch(/token/);
  });
});

describe('A chat that is destroyed', () => {
  test('leaves nothing in the page, and a later tag begins anew', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    // Counts what the page and all that is in it holds on to.
    await context.addInitScript(counts);
    const visitor = await visit(context, facts, { html: `<!doctype html><title>Own</title><h1>Own</h1>${tag(facts)}` });
    await visitor.page.evaluate(listens);
    await visitor.page.evaluate('Anteroom.page(); Anteroom.set({ a: 1 }); Anteroom.event("seen")');
    const dialog = await meet(visitor, operator, 'Before the end');
    await visitor.close();
    await dialog.says('Here I am');
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'the badge', 'Open chat, unread messages: 1');
    await visitor.open();
    await visitor.sees('Here I am');
    await visitor.textbox.fill('Half a wo');
    await visitor.page.evaluate('window.kept = Anteroom; Anteroom.destroy()');
    await eventually(() => visitor.page.evaluate('held()'), 'what is left', nothing);
    // Nothing comes back by itself, and a call on what is gone says so.
    await visitor.page.evaluate('document.documentElement.append(document.createElement("p"))');
    profiles.expectErrors(/This chat was destroyed/);
    expect(await visitor.page.evaluate('kept.open().catch((error) => error.message)')).toMatch(/This chat was destroyed/);
    expect(await visitor.page.evaluate('held()')).toEqual(nothing);
    await visitor.page.evaluate(`document.body.append(Object.assign(document.createElement('script'), { src: '${facts.public_url}/widget/${facts.site}.js' }))`);
    await visitor.launcher.waitFor();
    await visitor.open();
    await visitor.sees('Here I am');
    expect(await visitor.textbox.inputValue()).toBe('Half a wo');
    await visitor.says('After the end');
    await dialog.sees('After the end');
    expect(await visitor.launcher.count()).toBe(1);
  });

  test('does not come back while it is still loading', async ({ profiles, facts }) => {
    const visitor = await visit(await profiles.fresh(), facts, { html: `<!doctype html><title>Own</title>${tag(facts)}` });
    await visitor.page.evaluate('Anteroom.on("opened", () => 0)');
    const sockets: string[] = [];
    visitor.page.on('websocket', (socket) => sockets.push(socket.url()));
    await visitor.page.evaluate('Promise.allSettled([Anteroom.open(), Anteroom.destroy()])');
    expect(await visitor.page.evaluate('document.querySelectorAll("anteroom-chat").length')).toBe(0);
    expect(sockets).toEqual([]);
  });
});

describe('A page that changes without a load', () => {
  test('has one chat, in an open window, when its body is another and the tag runs again', async ({ profiles, operator, facts }) => {
    const visitor = await visit(await profiles.fresh(), facts, { html: `<!doctype html><title>Own</title><h1>One</h1>${tag(facts)}${tag(facts)}` });
    const dialog = await meet(visitor, operator, 'I move on');
    await visitor.textbox.fill('Half a wo');
    // As Turbo does: a new body takes the place of the old one, and its scripts run.
    await visitor.page.evaluate(`history.pushState(null, '', '/own/two');
      const body = document.createElement('body'); body.innerHTML = '<h1>Two</h1>';
      body.append(Object.assign(document.createElement('script'), { src: '${facts.public_url}/widget/${facts.site}.js' }));
      document.documentElement.replaceChild(body, document.body); document.title = 'Two'`);
    await visitor.page.getByRole('heading', { name: 'Two' }).waitFor();
    expect(await visitor.launcher.count()).toBe(1);
    expect(await visitor.textbox.inputValue()).toBe('Half a wo');
    await visitor.textbox.press('Enter');
    await dialog.sees('Half a wo');
    await eventually(async () => /own\/two/.test(await dialog.asks('!visitor')), 'the page that operators see', true);

    // Others put another root into the document, and its body later.
    await visitor.page.evaluate(`const root = document.createElement('html'); root.append(document.createElement('head'));
      document.replaceChild(root, document.documentElement);
      setTimeout(() => { root.append(document.createElement('body')); document.body.innerHTML = '<h1>Three</h1>'; }, 50)`);
    await visitor.page.getByRole('heading', { name: 'Three' }).waitFor();
    await dialog.says('Still there?');
    await visitor.sees('Still there?');
    expect(await visitor.launcher.count()).toBe(1);
  });

  test('is kept by the browser for the way back, with one chat that goes on', async ({ operator, facts }) => {
    // Playwright switches off what is tested here.
    const browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    try {
      const context = await browser.newContext({ locale: 'en-GB' });
      context.setDefaultTimeout(10_000);
      const visitor = await Visitor.visit(context, facts.visitor_url);
      await visitor.page.evaluate('window.kept = []; addEventListener("pageshow", (event) => kept.push(event.persisted))');
      const dialog = await meet(visitor, operator, 'Back soon');
      await visitor.seesState('Back soon', /Sent|Seen/);
      await visitor.textbox.fill('Do you ship to');
      await visitor.page.evaluate('location.href = "/delivery"');
      await visitor.page.waitForURL(/delivery/);
      await expect.poll(() => visitor.textbox.inputValue()).toBe('Do you ship to');
      await visitor.says('Do you ship to Norway?');
      await dialog.sees('Do you ship to Norway?');
      await dialog.says('While you were away');
      await visitor.page.evaluate('history.back()');
      await visitor.page.waitForURL((url) => url.href === facts.visitor_url, { waitUntil: 'commit' });
      expect(await visitor.page.evaluate('window.kept')).toEqual([true]);
      expect(await visitor.launcher.count()).toBe(1);
      await visitor.open();
      await visitor.sees('While you were away');
      expect(await visitor.textbox.inputValue()).toBe('');
      await visitor.says('I am back');
      await dialog.sees('I am back');
    } finally {
      await browser.close();
    }
  });
});
