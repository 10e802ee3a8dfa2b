import { createHmac } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Who } from '../src/loader/host';
import { launch } from './stack/chromium';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { queue, serve, tag } from './stack/own';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What the shop's server would sign for one of its users. */
function sign({ identity_secret: secret, site: shop }: Facts, sub: string, claims: object = {}, site = shop): string {
  const now = Math.floor(Date.now() / 1000);
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, aud: site, iat: now, exp: now + 600, ...claims })}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** The page's own call; resolves with "ok" or with the code of the error. */
function identify(visitor: Visitor, who: string | Who): Promise<string> {
  return visitor.page.evaluate(
    (said) =>
      (window as unknown as { Anteroom: { identify(w: string | object): Promise<void> } }).Anteroom.identify(said).then(
        () => 'ok',
        (error: { code?: string }) => String(error.code),
      ),
    who,
  );
}

const logout = (visitor: Visitor): Promise<unknown> => visitor.page.evaluate('Anteroom.logout()');
let users = 0;
const user = (): string => `user-${Date.now()}-${users++}`;

describe('A signed-in user', () => {
  test('has the same dialog in another browser, and after a reload', async ({ visitor, operator, profiles, facts }) => {
    const sub = user();
    await visitor.open();
    expect(await identify(visitor, { token: sign(facts, sub, { name: 'Ann' }) })).toBe('ok');
    await visitor.says(`I am ${sub}`);
    const dialog = await operator.dialog(`I am ${sub}`);
    await dialog.says('Hello Ann.');
    await visitor.sees('Hello Ann.');
    const other = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const sockets: string[] = [];
    other.page.on('websocket', (socket) => sockets.push(socket.url()));
    // The token alone does, too.
    expect(await identify(other, sign(facts, sub))).toBe('ok');
    expect(sockets).toEqual([]);
    await other.open();
    await other.sees('Hello Ann.');
    await other.says('Now from here');
    await dialog.sees('Now from here');
    await visitor.sees('Now from here');
    await other.page.reload();
    expect(await identify(other, { token: sign(facts, sub, { name: 'Ann' }) })).toBe('ok');
    await other.open();
    await other.sees('Hello Ann.');
    expect(await other.log.getByRole('article').count()).toBe(3);
  });

  test('leaves what was written before where it was, in every tab', async ({ visitor, operator, facts }) => {
    const anonymous = await meet(visitor, operator, 'Nobody knows me');
    const tab = await (await Visitor.visit(visitor.page.context(), facts.visitor_url)).open();
    await tab.sees('Nobody knows me');
    await visitor.textbox.fill('Half a sent');
    expect(await identify(visitor, { token: sign(facts, user(), { name: 'Bob' }) })).toBe('ok');
    await visitor.seesNoMore('Nobody knows me');
    await tab.seesNoMore('Nobody knows me');
    expect(await visitor.textbox.inputValue()).toBe('Half a sent');
    await anonymous.event('where it goes on', (e) => String(e.content.body).includes('has signed in'));
    await visitor.says('Bob again');
    const dialog = await operator.dialog('Bob again');
    await tab.sees('Bob again');
    await dialog.event('where it came from', (e) => String(e.content.body).includes('What was written before'));
    expect(anonymous.texts()).toEqual(['Nobody knows me']);
  });

  for (const [site, chunk, fails] of [['shop', 'calls', false], ['shop', 'identity', true], ['consent', 'calls', true], ['consent', 'identity', true]] as const) {
    test(`is not shown to the next one while the code that says so is on its way: "${chunk}" on the site "${site}"`, async ({ operator, profiles, facts }) => {
      const context = await profiles.fresh();
      if (fails) profiles.expectErrors(/ERR_FAILED|Failed to fetch dynamically/);
      const visitor = new Visitor(await context.newPage());
      const { page } = visitor;
      const html = `<!doctype html><title>Own</title>${tag(facts, site)}`;
      await page.goto(await serve(context, facts, { html }));
      await visitor.launcher.click();
      if (site === 'consent') await visitor.window.getByRole('button', { name: 'Agree and continue' }).click();
      expect(await identify(visitor, sign(facts, user(), {}, site))).toBe('ok');
      const dialog = await meet(visitor, operator, `The secret of before, ${site} ${chunk}`);
      await visitor.seesState('The secret of before', /Sent|Seen/);
      const secret = String(await page.evaluate((s) => JSON.parse(localStorage[`anteroom.${s}`] ?? '{}').secret, site));
      const said: string[] = [];
      page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => said.push(String(payload))));
      let tries = 0;
      const come = new AbortController();
      const comes = once(come.signal, 'abort');
      const requests = new EventEmitter();
      const asked = once(requests, 'asked');
      await context.route(`**/assets/*/${chunk}-*.js`, async (route) => {
        if (fails && tries++ === 0) return route.abort();
        requests.emit('asked');
        await comes;
        return route.continue();
      });
      const next = `<!doctype html><title>Own</title><script>${await queue()}
        window.known = Anteroom.identify(${JSON.stringify(sign(facts, user(), {}, site))}).then(() => 'ok');
      </script>${tag(facts, site)}`;
      // The window was open, so it comes by itself.
      await Promise.all([page.waitForResponse(/\/chat-/), page.goto(await serve(context, facts, { html: next }))]);
      await asked;
      // Of the loader's own chunk the window waits, too.
      if (site !== 'shop' || chunk !== 'calls') await visitor.textbox.waitFor();
      await page.evaluate('new Promise(requestIdleCallback)');
      expect(said.filter((frame) => frame.includes(secret))).toEqual([]);
      come.abort();
      expect(await page.evaluate('known')).toBe('ok');
      await visitor.says(`Of who came next, ${site} ${chunk}`);
      await operator.dialog(`Of who came next, ${site} ${chunk}`);
      expect(said.filter((frame) => frame.includes(secret))).toEqual([]);
      expect(dialog.texts()).toHaveLength(1);
    });
  }

  test('loses nothing that was not sent yet: it goes where it was written', async ({ operator, profiles, facts, network }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    profiles.expectErrors(/ERR_|WebSocket|Failed to fetch/);
    const anonymous = await meet(visitor, operator, 'Before the tunnel');
    await visitor.seesState('Before the tunnel', /Sent|Seen/);
    // The code of the calls comes with the first of them.
    await visitor.page.evaluate('Anteroom.page()');
    network.pass('nothing');
    await visitor.says('In the tunnel');
    const done = identify(visitor, { token: sign(facts, user()) });
    await visitor.says('Still in the tunnel');
    network.pass('all');
    expect(await done).toBe('ok');
    await anonymous.sees('Still in the tunnel');
    expect(anonymous.texts()).toEqual(['Before the tunnel', 'In the tunnel', 'Still in the tunnel']);
    await visitor.seesNoMore('Before the tunnel');
    await visitor.says('After the tunnel');
    await operator.dialog('After the tunnel');
    expect(anonymous.texts()).toHaveLength(3);
  });

  test('is not signed in again by the way back to a page that the browser kept', async ({ operator, facts }) => {
    // Playwright switches off what is tested here.
    const browser = await launch({ ignoreDefaultArgs: ['--disable-back-forward-cache'] });
    try {
      const context = await browser.newContext({ locale: 'en-GB' });
      context.setDefaultTimeout(10_000);
      const visitor = await (await Visitor.visit(context, facts.visitor_url)).open();
      const { page } = visitor;
      await page.evaluate('window.kept = []; addEventListener("pageshow", (event) => kept.push(event.persisted))');
      expect(await identify(visitor, { token: sign(facts, user(), { name: 'Xenia Before' }) })).toBe('ok');
      const dialog = await meet(visitor, operator, 'What Xenia wrote');
      await visitor.seesState('What Xenia wrote', /Sent|Seen/);
      await page.evaluate('location.href = "/delivery"');
      await page.waitForURL(/delivery/);
      await visitor.launcher.waitFor();
      await logout(visitor);
      await page.evaluate('history.back()');
      await page.waitForURL((url) => url.href === facts.visitor_url, { waitUntil: 'commit' });
      expect(await page.evaluate('window.kept')).toEqual([true]);
      await visitor.seesNoMore('What Xenia wrote');
      await visitor.says('Somebody after Xenia');
      const next = await operator.dialog('Somebody after Xenia');
      await visitor.seesState('Somebody after Xenia', /Sent|Seen/);
      expect(await next.asks('!visitor')).not.toContain('Xenia Before');
      expect(dialog.texts()).toEqual(['What Xenia wrote']);
      expect(await page.evaluate('JSON.parse(localStorage["anteroom.shop"]).sub')).toBeUndefined();
    } finally {
      await browser.close();
    }
  });

  test('leaves nothing to the next person, in no tab, also without a network', async ({ operator, profiles, facts, network }) => {
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    profiles.expectErrors(/ERR_|WebSocket|Failed to fetch/);
    await visitor.open();
    expect(await identify(visitor, { token: sign(facts, user()) })).toBe('ok');
    const dialog = await meet(visitor, operator, 'My secret');
    await dialog.says('It is safe.');
    await visitor.sees('It is safe.');
    const tab = await (await Visitor.visit(context, facts.visitor_url)).open();
    await tab.sees('It is safe.');
    const old = String(await tab.page.evaluate('JSON.parse(localStorage["anteroom.shop"]).secret'));
    await tab.textbox.fill('Half a secr');
    await visitor.page.evaluate("for (const what of ['form', 'ask', 'rate']) sessionStorage.setItem('anteroom.shop.' + what, 'Half a secr')");
    network.pass('nothing');
    await logout(visitor);
    await Promise.all([visitor, tab].map((v) => v.seesNoMore('My secret')));
    expect(await tab.textbox.inputValue()).toBe('');
    expect(await visitor.page.evaluate('JSON.stringify({ ...sessionStorage })')).not.toContain('secr');
    expect(JSON.stringify(await tab.page.evaluate('({ ...localStorage })'))).not.toContain(old);
    network.pass('all');
    // The session is over at the bridge, too, as soon as it can be reached.
    const hello = JSON.stringify({ hello: { t: 'hello', secret: old } });
    const ask = async (): Promise<number> =>
      (await fetch(`${facts.public_url}/v1/shop/frames`, { method: 'POST', body: hello, headers: { origin: facts.visitor_url.slice(0, -1) } })).status;
    await eventually(ask, 'the answer to the old secret', 403);
    await visitor.says('Somebody else');
    const next = await operator.dialog('Somebody else');
    expect(next.ghost).not.toBe(dialog.ghost);
    await tab.sees('Somebody else');
    expect(await tab.log.getByRole('article').count()).toBe(1);
  });

  test('is forgotten with what other tabs knew of it, and had not told yet', async ({ operator, profiles, facts, network }) => {
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await (await Visitor.visit(context, facts.visitor_url)).open();
    profiles.expectErrors(/ERR_|WebSocket|Failed to fetch/);
    expect(await identify(visitor, { token: sign(facts, user()) })).toBe('ok');
    await meet(visitor, operator, 'Of the user');
    const tab = await (await Visitor.visit(context, facts.visitor_url)).open();
    await tab.sees('Of the user');
    // The code of the calls comes with the first of them.
    await tab.page.evaluate('Anteroom.page()');
    const frames: string[] = [];
    tab.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(String(payload))));
    // After sockets that did not come about they go so.
    tab.page.on('request', (request) => frames.push(request.postData() ?? ''));
    network.pass('nothing');
    await tab.page.evaluate("void Anteroom.set({ plan: 'of the user' }); void Anteroom.event('of_the_user')");
    await logout(visitor);
    await tab.seesNoMore('Of the user');
    network.pass('all');
    await tab.says('Of somebody else');
    const next = await operator.dialog('Of somebody else');
    await tab.seesState('Of somebody else', /Sent|Seen/);
    expect(await next.asks('!visitor')).not.toContain('of the user');
    await eventually(() => frames.join('\n').includes('Of somebody else'), 'what was told', true);
    expect(frames.join('\n')).not.toContain('of_the_user');
  });

  test('is forgotten by tabs that never opened the chat, too', async ({ operator, profiles, facts }) => {
    const context = await profiles.fresh();
    const [visitor, tab] = [await Visitor.visit(context, facts.visitor_url), await Visitor.visit(context, facts.visitor_url)];
    expect(await identify(visitor, { token: sign(facts, user(), { name: 'Yara Before' }) })).toBe('ok');
    await visitor.page.evaluate("Anteroom.set({ plan: 'of Yara' })");
    await logout(tab);
    // Its own sign-out, of a browser that had none before, is no other tab's.
    expect(await identify(tab, { name: 'Zoe After' })).toBe('ok');
    await tab.page.evaluate("dispatchEvent(new StorageEvent('storage', { key: 'cart' }))");
    await visitor.open();
    await visitor.says('Nobody you know');
    const dialog = await operator.dialog('Nobody you know');
    await visitor.seesState('Nobody you know', /Sent|Seen/);
    expect(await dialog.asks('!visitor')).not.toContain('Yara');
    // The same words are new again.
    expect(await identify(visitor, { name: 'Yara Before' })).toBe('ok');
    expect(await dialog.asks('!visitor')).toContain('Yara Before');
  });

  test('whom the bridge signed out comes back with the same token', async ({ visitor, operator, facts }) => {
    const sub = user();
    const token = sign(facts, sub);
    await visitor.open();
    expect(await identify(visitor, token)).toBe('ok');
    const dialog = await meet(visitor, operator, 'Before the end');
    await visitor.seesState('Before the end', /Sent|Seen/);
    const { session } = (await visitor.page.evaluate('JSON.parse(localStorage["anteroom.shop"])')) as { session: string };
    const ended = await fetch(`${facts.public_url}/v1/shop/sign-out`, { method: 'POST', body: JSON.stringify({ session }), headers: { origin: facts.visitor_url.slice(0, -1) } });
    expect(ended.status).toBe(204);
    await eventually(() => visitor.page.evaluate('JSON.parse(localStorage["anteroom.shop"]).sub'), 'who sits there', undefined);
    expect(await identify(visitor, token)).toBe('ok');
    await visitor.sees('Before the end');
    await visitor.says('After the end');
    await dialog.sees('After the end');
  });

  test('keeps its operator: the page hears of no hand-off', async ({ visitor, operator, facts }) => {
    const dialog = await meet(visitor, operator, 'Who am I?');
    await visitor.page.evaluate("window.hands = []; Anteroom.on('handoff', ({ to }) => hands.push(to))");
    await dialog.says('Tell me.');
    await visitor.sees('Tell me.');
    expect(await identify(visitor, { token: sign(facts, user()) })).toBe('ok');
    await visitor.seesNoMore('Tell me.');
    const next = await meet(visitor, operator, 'It is me');
    await next.says('I see.');
    await visitor.sees('I see.');
    await eventually(() => visitor.page.evaluate('hands'), 'who answers', ['operator', 'operator']);
  });

  test('signs in and out at the shop as anybody would', async ({ visitor, operator }) => {
    const anonymous = await meet(visitor, operator, 'Do you deliver?');
    await visitor.page.getByRole('button', { name: 'Sign in' }).click();
    const out = visitor.page.getByRole('button', { name: 'Sign out' });
    await out.waitFor();
    await anonymous.event('where it goes on', (e) => String(e.content.body).includes('Mia Kern'));
    await visitor.open();
    await visitor.says('This is Mia');
    const dialog = await operator.dialog('This is Mia');
    expect(dialog.ghost).not.toBe(anonymous.ghost);
    await out.click();
    await visitor.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await visitor.open();
    await visitor.seesNoMore('This is Mia');
    expect(await visitor.log.getByRole('article').count()).toBe(0);
  });

  test('is the same user again after being erased, on the same page', async ({ visitor, operator, facts }) => {
    const sub = user();
    await visitor.open();
    expect(await identify(visitor, { token: sign(facts, sub) })).toBe('ok');
    const dialog = await meet(visitor, operator, 'Please forget me');
    await dialog.says('!forget');
    const asks = await dialog.event('the question', ({ content }) => /!forget \d+/.test(content.body ?? ''));
    const old = String(await visitor.page.evaluate('JSON.parse(localStorage["anteroom.shop"]).secret'));
    await dialog.says(/!forget \d+/.exec(asks.content.body ?? '')?.[0] ?? '');
    await visitor.seesNoMore('Please forget me');
    const record = (): Promise<{ secret: string; sub?: string }> => visitor.page.evaluate('JSON.parse(localStorage["anteroom.shop"])');
    await eventually(async () => (await record()).secret !== old, 'a new session', true);
    expect((await record()).sub).toBe(sub);
    await visitor.says(`Again ${sub}`);
    const next = await operator.dialog(`Again ${sub}`);
    const asked = await next.says('!visitor');
    const card = await next.event('the card', (e) => e.content['m.relates_to']?.['m.in_reply_to']?.event_id === asked);
    expect(String(card.content.body)).toContain(`Signed in as ${sub}`);
  });

  test('is told apart from the one before without a logout', async ({ visitor, operator, facts }) => {
    await visitor.open();
    await identify(visitor, { token: sign(facts, user()) });
    await meet(visitor, operator, 'I was here first');
    expect(await identify(visitor, { token: sign(facts, user()) })).toBe('ok');
    await visitor.seesNoMore('I was here first');
  });
});

describe('A page', () => {
  test('hears what is wrong with its token, and the chat goes on', async ({ visitor, operator, profiles, facts }) => {
    profiles.expectErrors(/bad_token|status of 401/);
    const past = Math.floor(Date.now() / 1000) - 60;
    expect(await identify(visitor, { token: sign(facts, 'x', { exp: past }) })).toBe('bad_token');
    expect(await identify(visitor, { token: 'nonsense' })).toBe('bad_token');
    const dialog = await meet(visitor, operator, 'I am nobody');
    expect(await identify(visitor, { token: sign({ ...facts, site: 'blog' }, 'x') })).toBe('bad_token');
    await visitor.says('Still nobody');
    await dialog.sees('Still nobody');
  });

  test('says who the visitor is without a token, and where', async ({ visitor, operator }) => {
    expect(await identify(visitor, { name: 'Carl', email: 'carl@example.com', variables: { cart: 3 } })).toBe('ok');
    await visitor.page.evaluate('Anteroom.page({ url: "/orders/17", title: "Order 17" })');
    const dialog = await meet(visitor, operator, 'Where is my order?');
    await eventually(
      async () => {
        const asked = await dialog.says('!visitor');
        const card = await dialog.event('the card', (e) => e.content['m.relates_to']?.['m.in_reply_to']?.event_id === asked);
        return ['Carl', 'carl@example.com', 'cart = 3', '/orders/17', 'Order 17'].filter((w) => !String(card.content.body).includes(w));
      },
      'what the card misses',
      [],
    );
  });
});
