import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

describe('The same browser again', () => {
  test('a reload keeps the dialog, on another page of the shop too', async ({ visitor, operator, facts }) => {
    const dialog = await meet(visitor, operator, 'Do you still know me?');
    await dialog.says('I do.');
    await visitor.sees('I do.');
    await visitor.page.reload();
    await visitor.open();
    await visitor.sees('I do.');
    await visitor.page.goto(`${facts.visitor_url}delivery`);
    await visitor.open();
    await visitor.sees('Do you still know me?');
    await visitor.says('Good.');
    await dialog.sees('Good.');
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 3);
  });

  test('a later return finds the answer that came meanwhile, and the launcher says so before', async ({ visitor, operator, facts }) => {
    const dialog = await meet(visitor, operator, 'I have to go');
    const context = visitor.page.context();
    await visitor.page.close();
    await dialog.says('We open at nine.');
    await dialog.says('And close at six.');

    const later = await Visitor.visit(context, facts.visitor_url);
    await later.page.getByRole('button', { name: 'Open chat, unread messages: 2' }).waitFor();
    await later.open();
    await later.sees('We open at nine.');
    await later.sees('And close at six.');
    await later.log.getByText('New messages').waitFor();
    expect(await later.transcript()).toHaveLength(3);
    await later.close();
    await later.page.getByRole('button', { name: 'Open chat', exact: true }).waitFor();
  });

  test('a long history comes in pages, on the way up', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'The very first message');
    for (let i = 1; i <= 70; i++) await dialog.says(`Line number ${i}.`);
    await visitor.sees('Line number 70.');
    await visitor.page.reload();
    await visitor.open();
    await visitor.sees('Line number 70.');
    expect(await visitor.message('The very first message').count()).toBe(0);
    await eventually(async () => {
      await visitor.messages.evaluate((log) => log.scrollTo({ top: 0 }));
      return visitor.message('The very first message').count();
    }, 'the first message', 1);
    const lines = await visitor.log.getByText(/^Line number \d+\.$/).allInnerTexts();
    expect(lines).toEqual(Array.from({ length: 70 }, (_, i) => `Line number ${i + 1}.`));
  });

  test('a visitor who is shut out, and let in again, goes on in the open page', async ({ visitor, operator, profiles }) => {
    const dialog = await meet(visitor, operator, 'You are all thieves');
    profiles.expectErrors(/WebSocket/);
    await dialog.asks('!block');
    const shut = visitor.window.getByText('This conversation was closed by the support team.');
    await shut.waitFor();
    await visitor.textbox.waitFor({ state: 'detached' });
    await screenshot(visitor, 'shut-out');
    // Coming back changes nothing as long as the block stands.
    const asked = visitor.page.waitForEvent('websocket').then((socket) => socket.waitForEvent('close'));
    await visitor.launcher.click();
    await visitor.launcher.click();
    await asked;
    await shut.waitFor();
    expect(await visitor.textbox.count()).toBe(0);
    await dialog.asks('!unblock');
    await visitor.launcher.click();
    await visitor.open();
    await visitor.says('I am sorry');
    await dialog.sees('I am sorry');
    await shut.waitFor({ state: 'detached' });
  });

  test('a visitor who was erased begins anew in the open window, without an error, and after a reload', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Please forget me');
    await dialog.says('As you wish.');
    await visitor.sees('As you wish.');
    await dialog.says('!forget');
    const asks = await dialog.event('the question', ({ content }) => /!forget \d+/.test(content.body ?? ''));
    await dialog.says(/!forget \d+/.exec(asks.content.body ?? '')?.[0] ?? '');
    await visitor.seesNoMore('As you wish.');
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 0);
    expect(await visitor.page.getByText('This conversation was deleted').count()).toBe(0);
    const fresh = await meet(visitor, operator, 'Hello, who are you?');
    expect(fresh.ghost).not.toBe(dialog.ghost);
    expect(fresh.texts()).toEqual(['Hello, who are you?']);
    await visitor.page.reload();
    await visitor.open();
    await visitor.sees('Hello, who are you?');
    expect(await visitor.transcript()).toHaveLength(1);
  });

  test('another browser is another visitor', async ({ visitor, operator, profiles, facts }) => {
    await meet(visitor, operator, 'Only for your eyes');
    const other = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const dialog = await meet(other, operator, 'Me neither');
    expect(dialog.said('Only for your eyes')).toEqual([]);
    expect(await other.transcript()).toEqual([expect.stringContaining('Me neither')]);
  });
});

describe('Two tabs', () => {
  test('show the same, each message once', async ({ visitor, operator, facts }) => {
    const first = visitor;
    await first.open();
    const second = await (await Visitor.visit(first.page.context(), facts.visitor_url)).open();
    await first.says('From the first tab');
    const dialog = await operator.dialog('From the first tab');
    await second.sees('From the first tab');
    await second.says('From the second tab');
    await dialog.sees('From the second tab');
    await dialog.says('To both tabs');
    await Promise.all([first.sees('To both tabs'), second.sees('To both tabs')]);
    const expected = ['From the first tab', 'From the second tab', 'To both tabs'].map((t) => expect.stringContaining(t) as string);
    expect(await first.transcript()).toEqual(expected);
    expect(await second.transcript()).toEqual(expected);
    expect(dialog.said('From the first tab')).toHaveLength(1);
    expect(dialog.said('From the second tab')).toHaveLength(1);
  });
});

test('Two tabs keep the order, also where one takes over what the other is sending', async ({ profiles, operator, facts }) => {
  const context = await profiles.fresh();
  /** A tab whose bridge answers, or hears, nothing of its messages until it is let go. */
  const holding = async (held: RegExp): Promise<[Visitor, () => void]> => {
    const page = await context.newPage();
    const waiting: (() => void)[] = [];
    let holds = true;
    const pass = (text: string, on: () => void): void => void (holds && held.test(text) ? waiting.push(on) : on());
    await page.routeWebSocket(/\/v1\//, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((text) => pass(`up ${text as string}`, () => server.send(text)));
      server.onMessage((text) => pass(`down ${text as string}`, () => socket.send(text)));
    });
    await page.goto(facts.visitor_url);
    const release = (): void => {
      holds = false;
      for (const on of waiting.splice(0)) on();
    };
    return [await new Visitor(page).open(), release];
  };
  const [first, hearsFirst] = await holding(/^down .*"t":"(ack|entry)"/);
  await first.says('One');
  const dialog = await operator.dialog('One');
  await first.says('Two');
  await first.says('Three');
  const sender = (): Promise<unknown> => first.page.evaluate(() => Object.entries(localStorage).filter(([key]) => key.includes('.out.')).map(([, item]) => (JSON.parse(item as string) as { tab: string }).tab).at(-1));
  const before = await sender();
  const [second, goesSecond] = await holding(/^up .*"t":"message"/);
  await eventually(async () => (await sender()) !== before, 'the other tab to take it over', true);
  await first.says('Four');
  hearsFirst();
  await dialog.sees('Four');
  expect(dialog.texts()).toEqual(['One', 'Two', 'Three', 'Four']);
  goesSecond();
  await Promise.all([first.seesState('Four', 'Sent'), second.seesState('Four', 'Sent')]);
  expect(dialog.texts()).toEqual(['One', 'Two', 'Three', 'Four']);
});

describe('A page that changes under the chat', () => {
  test('may put in another body: the window goes on where it was', async ({ visitor, operator, facts }) => {
    const dialog = await meet(visitor, operator, 'Before the page was changed');
    await visitor.textbox.fill('Half a sent');
    // As htmx and its like do with a link, the tag in the new page included.
    await visitor.page.evaluate((tag) => {
      const body = document.createElement('body');
      body.append(Object.assign(document.createElement('script'), { src: tag }), 'Another page');
      document.body.replaceWith(body);
    }, `${facts.public_url}/widget/shop.js`);
    await visitor.page.getByText('Another page').waitFor();
    await eventually(() => visitor.launcher.count(), 'launchers', 1);
    await visitor.page.evaluate(() => (document.body.innerHTML = '<p>The third page'));
    await visitor.page.getByText('The third page').waitFor();
    await visitor.sees('Before the page was changed');
    expect(await visitor.textbox.inputValue()).toBe('Half a sent');
    await visitor.textbox.press('Enter');
    await dialog.sees('Half a sent');
    await dialog.says('Still here.');
    await visitor.sees('Still here.');
    await visitor.close();
  });

  test('says so when the chat cannot be loaded, and offers to reload', async ({ profiles, facts }) => {
    profiles.expectErrors(/status of 404|Failed to fetch/);
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    // As after an upgrade, when the files of the old one are gone.
    await visitor.page.route('**/widget/assets/*/chat-*', (route) => route.fulfill({ status: 404 }));
    await visitor.launcher.click();
    const sorry = visitor.page.getByRole('button', { name: 'The chat did not load. Reload the page' });
    await sorry.waitFor();
    await screenshot(visitor, 'not-loaded');
    await visitor.page.unroute('**/widget/assets/*/chat-*');
    await Promise.all([visitor.page.waitForEvent('load'), sorry.click()]);
    await visitor.open();
  });
});

/** Runs in the page. */
const names = (): string[] => Object.getOwnPropertyNames(window);

describe('What a page costs', () => {
  test('a visitor who does nothing costs one request, no socket and no storage', async ({ profiles, facts }) => {
    const context = await profiles.fresh();
    const asked: string[] = [];
    const page = await context.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('websocket', (socket) => asked.push(socket.url()));
    await page.goto(facts.visitor_url);
    await new Visitor(page).launcher.waitFor();
    await page.waitForLoadState('networkidle');
    const host = new URL(facts.public_url).host;
    expect(asked.filter((url) => new URL(url).host === host)).toEqual([`${facts.public_url}/widget/shop.js`]);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
    expect(await context.cookies()).toEqual([]);
  });

  test('an ongoing dialog loads the transport, and the window only when it is opened', async ({ visitor, operator, facts }) => {
    await meet(visitor, operator, 'I will browse a little');
    const page = await visitor.page.context().newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const connected = page.waitForEvent('websocket');
    await page.goto(`${facts.visitor_url}products`);
    await connected;
    await page.waitForLoadState('networkidle');
    const scripts = (): string[] => asked.filter((path) => path.startsWith('/widget/')).map((path) => path.replace(/-[\w-]+\.js$/, ''));
    expect(scripts()).toEqual(['/widget/shop.js', '/widget/assets/shop/transport']);
    await new Visitor(page).open();
    expect(scripts()).toContain('/widget/assets/shop/chat');
  });

  test('what a talk may never need is not loaded before it does', async ({ visitor, operator }) => {
    const asked: string[] = [];
    visitor.page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const dialog = await meet(visitor, operator, 'Hello');
    await dialog.says('Hello to you.');
    await visitor.sees('Hello to you.');
    const chunks = (): Set<string> => new Set(asked.flatMap((path) => /assets\/shop\/([\w.]+)-[\w-]+\.js$/.exec(path)?.[1] ?? []));
    expect(chunks()).toEqual(new Set(['transport', 'chat', 'en']));
    await visitor.chooses('Hello to you.', 'Reply');
    expect(chunks()).toContain('extras');
    expect(chunks()).not.toContain('UploadList');
  });

  test('what the visitor did not scroll down to stands beside the button when the window is closed', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'I read slowly');
    for (let i = 1; i <= 25; i++) await dialog.says(`Step ${i}.`);
    await visitor.sees('Step 25.');
    await visitor.messages.evaluate((log) => log.scrollTo({ top: 0 }));
    await dialog.says('And mind the glaze.');
    await visitor.window.getByRole('button', { name: '1 new message' }).waitFor();
    expect(await visitor.page.getByRole('status').filter({ hasText: 'mind the glaze' }).count()).toBe(0);
    await visitor.close();
    await visitor.page.getByRole('status').filter({ hasText: 'And mind the glaze.' }).waitFor();
  });

  test('an open window makes no room and tells operators nothing', async ({ visitor, operator, profiles, facts }) => {
    await visitor.open();
    await visitor.textbox.pressSequentially('Shall I?');
    const other = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const before = operator.rooms.size;
    await meet(other, operator, 'I did');
    expect(operator.rooms.size).toBe(before + 1);
  });

  test("the page's globals get one name, and its scripts can open and close the chat", async ({ visitor, profiles, facts }) => {
    const page = await (await profiles.fresh()).newPage();
    profiles.expectErrors(/ERR_FAILED/);
    await page.route('**/widget/**', (route) => route.abort());
    await page.goto(facts.visitor_url);
    const without = await page.evaluate(names);
    await visitor.open();
    const added = (await visitor.page.evaluate(names)).filter((name) => !without.includes(name));
    expect(added).toEqual(['Anteroom']);
    await visitor.page.evaluate('Anteroom.close()');
    await visitor.window.waitFor({ state: 'hidden' });
    await visitor.page.evaluate('Anteroom.open()');
    await visitor.window.waitFor();
  });
});
