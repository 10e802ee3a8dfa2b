import type { BrowserContext, Page } from 'playwright-core';
import { hide } from './stack/attention';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import type { Passing } from './stack/network';
import { Visitor } from './stack/visitor';

/** What browsers say in the console about connections that fail, and about what is not a script. */
const failures = /ERR_|WebSocket connection|Failed to load module script|dynamically imported module|CORS policy|Failed to load resource/;
const day = 86_400_000;

/** Waits until the page's own WebSocket sends a frame of a kind; resolves with the milliseconds it took. */
async function pinged(page: Page, act: () => Promise<unknown>): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  const ping = new Promise<void>((done) => {
    devtools.on('Network.webSocketFrameSent', ({ response }) => {
      if (response.payloadData === '{"t":"ping"}') done();
    });
  });
  await act();
  const began = performance.now();
  await ping;
  return performance.now() - began;
}

/** Has the clock of the context's pages be wrong, as a machine's is whose battery is empty. */
async function wrongClock(context: BrowserContext, by: number): Promise<void> {
  await context.addInitScript((ms) => {
    const { now } = Date;
    const wrong = class extends Date {
      constructor(...args: []) {
        if (args.length) super(...args);
        else super(wrong.now());
      }
    };
    wrong.now = () => now() + ms;
    // Called without "new" it is a text.
    globalThis.Date = new Proxy(wrong, { apply: () => new wrong().toString() }) as unknown as DateConstructor;
  }, by);
}

describe('A connection that stays open and carries nothing', () => {
  test('is found within 20 s by who only waits, and what was said meanwhile comes', { timeout: 90_000 }, async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'I only wait');
    await visitor.seesState('I only wait', 'Sent');
    const found = network.deafen();
    await dialog.says('Said into the void');
    expect(await found).toBeLessThan(20_000);
    await visitor.sees('Said into the void');
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 2);
  });

  test('loses and doubles nothing that is sent into it, whichever way it is broken', { timeout: 120_000 }, async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Before');
    await visitor.seesState('Before', 'Sent');
    // Neither comes through: the gateway has it not.
    let found = network.deafen('both');
    await visitor.says('Sent into the void');
    await visitor.seesState('Sent into the void', 'Sending…');
    expect(await found).toBeLessThan(20_000);
    await visitor.seesState('Sent into the void', 'Sent');
    // Only the answer is lost: the gateway has it, and gets it once more.
    found = network.deafen('down');
    await visitor.says('Heard, and not told so');
    await dialog.sees('Heard, and not told so');
    await visitor.seesState('Heard, and not told so', 'Sending…');
    expect(await found).toBeLessThan(20_000);
    await visitor.seesState('Heard, and not told so', 'Sent');
    await visitor.says('After');
    await dialog.sees('After');
    expect(dialog.texts()).toEqual(['Before', 'Sent into the void', 'Heard, and not told so', 'After']);
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 4);
  });
});

describe('A machine that wakes', () => {
  test('finds within 20 s that its link is gone, and what was said meanwhile', { timeout: 90_000 }, async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'The lid is closed now');
    await visitor.seesState('The lid is closed now', 'Sent');
    const devtools = await visitor.page.context().newCDPSession(visitor.page);
    // Asleep, the page runs nothing, and the network forgets its connection.
    await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
    const found = network.deafen();
    await dialog.says('Said in the night');
    await dialog.asks('!visitor');
    const woke = performance.now();
    await devtools.send('Page.setWebLifecycleState', { state: 'active' });
    await found;
    expect(performance.now() - woke).toBeLessThan(20_000);
    await visitor.sees('Said in the night');
    await visitor.says('Good morning');
    await dialog.sees('Good morning');
  });

  test('has its link looked at at once, as its clock tells', async ({ visitor, operator }) => {
    await meet(visitor, operator, 'A laptop in front of the page');
    await visitor.seesState('A laptop in front of the page', 'Sent');
    // Behind a probe the next one would come 12 s later.
    await pinged(visitor.page, () => Promise.resolve());
    const took = await pinged(visitor.page, () =>
      visitor.page.evaluate(() => {
        const { now } = Date;
        Date.now = () => now() + 8 * 3_600_000;
      }),
    );
    expect(took).toBeLessThan(9000);
  });

  test('has its link looked at at once where its page is seen again', async ({ profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Another tab for a while');
    await hide(visitor.page, true);
    await dialog.says('Are you back?');
    // The next probe that is due by itself would come after 12 s.
    expect(await pinged(visitor.page, () => hide(visitor.page, false))).toBeLessThan(9000);
    await visitor.sees('Are you back?');
  });
});

describe('A network that wants its visitors to sign in first', () => {
  for (const passing of ['sign-in page', 'sign-in redirect'] satisfies Passing[]) {
    test(`(${passing}) keeps nothing of what is written, and breaks nothing that is loaded there`, { timeout: 90_000 }, async ({ profiles, network, operator, facts }) => {
      profiles.expectErrors(failures);
      const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
      const lobby = `In the lobby: ${passing}`;
      const dialog = await meet(visitor, operator, lobby);
      await visitor.seesState(lobby, 'Sent');
      network.pass(passing);
      await visitor.says('In the room');
      await visitor.window.getByText('No connection. Your messages will be sent later.').waitFor();
      // A part of the chat that nobody has used yet comes as the page to sign in at.
      const emoji = visitor.window.getByRole('button', { name: 'Emoji' });
      await emoji.click();
      await visitor.window.getByRole('alert').waitFor();
      await visitor.seesState('In the room', 'Sending…');
      network.pass('all');
      await visitor.seesState('In the room', 'Sent');
      await dialog.sees('In the room');
      await emoji.click();
      await visitor.window.getByRole('button', { name: /grinning/ }).first().waitFor();
      await visitor.page.keyboard.press('Escape');
      await dialog.says('Welcome');
      await visitor.sees('Welcome');
      expect(dialog.texts()).toEqual([lobby, 'In the room']);
    });
  }

  test('a page that was loaded before opens the chat as soon as the network is there', { timeout: 60_000 }, async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    profiles.expectErrors(/Anteroom:/);
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    network.pass('sign-in page');
    await visitor.launcher.click();
    const sorry = visitor.page.getByRole('button', { name: 'The chat did not load. Reload the page' });
    await sorry.waitFor();
    network.pass('all');
    // Its press loads the page anew, in which nothing of that network is left.
    await sorry.click();
    await visitor.page.getByRole('button', { name: 'Open chat' }).click();
    await visitor.textbox.waitFor();
    await visitor.says('Signed in at last');
    await operator.dialog('Signed in at last');
  });
});

describe('A proxy that lets no WebSocket through', () => {
  // How soon is the connection's to say: see its own tests.
  for (const [passing, tries] of [['no sockets', 2], ['no upgrade', 2], ['swallowed sockets', 1]] satisfies [Passing, number][]) {
    test(`(${passing}) is passed by after ${tries}, and by the tab's next page at once`, { timeout: 120_000 }, async ({ profiles, network, operator, facts }) => {
      profiles.expectErrors(failures);
      network.pass(passing);
      const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
      let sockets = 0;
      visitor.page.on('websocket', () => sockets++);
      await visitor.open();
      const through = `Through the firewall: ${passing}`;
      await visitor.says(through);
      const sent = visitor.message(through).getByText(/^(Sent|Seen)$/).first();
      await sent.waitFor({ state: 'attached', timeout: 60_000 });
      const dialog = await operator.dialog(through);
      await visitor.seesState(through, /^(Sent|Seen)$/);
      expect(sockets).toBe(tries);
      sockets = 0;
      await visitor.page.reload();
      await visitor.open();
      await dialog.says('There you are');
      await visitor.sees('There you are');
      await visitor.says('Here I am');
      await dialog.sees('Here I am');
      expect(sockets).toBe(0);
    });
  }
});

describe('A part of the chat that does not load', () => {
  test('is asked for again with the next press', async ({ profiles, operator, facts }) => {
    profiles.expectErrors(failures);
    const context = await profiles.fresh();
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'A lost part');
    await visitor.seesState('A lost part', 'Sent');
    const lost: string[] = [];
    await context.route(/\/assets\/.*Picker/, async (route) => {
      lost.push(route.request().url());
      if (lost.length === 1) await route.abort('connectionreset');
      else await route.continue();
    });
    const emoji = visitor.window.getByRole('button', { name: 'Emoji' });
    await emoji.click();
    await visitor.window.getByRole('alert').waitFor();
    await emoji.click();
    await visitor.window.getByRole('button', { name: /grinning/ }).first().click();
    await visitor.textbox.press('Enter');
    await dialog.sees('😀');
    expect(lost.length).toBeGreaterThan(1);
  });
});

describe('What is written without a network', () => {
  test('and not sent yet is there after a reload, and so are the names of files', { timeout: 60_000 }, async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    const visitor = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Packing');
    // The parts for files are there already, as after any file.
    await visitor.attaches({ name: 'first.txt', mimeType: 'text/plain', buffer: Buffer.from('first') });
    await visitor.sees('first.txt');
    network.pass('no dialog');
    await visitor.says('Sent without a network');
    await visitor.attaches({ name: 'ticket.txt', mimeType: 'text/plain', buffer: Buffer.from('ticket') });
    await visitor.textbox.fill('Half a sentence');
    await visitor.page.reload();
    await visitor.open();
    await visitor.seesState('Sent without a network', 'Sending…');
    expect(await visitor.textbox.inputValue()).toBe('Half a sentence');
    // A page cannot keep a file that it did not send: it says which one to choose again.
    await visitor.window.getByText(/ticket\.txt/).waitFor();
    network.pass('all');
    await visitor.seesState('Sent without a network', 'Sent');
    await visitor.textbox.press('Enter');
    await dialog.sees('Half a sentence');
    expect(dialog.texts().filter((text) => !String(text).endsWith('.txt'))).toEqual(['Packing', 'Sent without a network', 'Half a sentence']);
  });
});

describe('A clock that is wrong by a day', () => {
  for (const [where, by] of [['ahead', day], ['behind', -day]] as const) {
    test(`(${where}) changes no order, no day and no time of what is said`, { timeout: 60_000 }, async ({ profiles, network, operator, facts }) => {
      profiles.expectErrors(failures);
      const context = await profiles.fresh({ proxy: network.proxy });
      await wrongClock(context, by);
      const visitor = await Visitor.visit(context, facts.visitor_url);
      const question = `What day is it? (${where})`;
      const dialog = await meet(visitor, operator, question);
      await visitor.seesState(question, 'Sent');
      await dialog.says('Today.');
      await visitor.sees('Today.');
      expect(await visitor.page.evaluate(() => Date.now())).not.toBeCloseTo(Date.now(), -7);
      const days = (): Promise<string[]> => visitor.messages.locator('.day').allInnerTexts();
      const clocks = (): Promise<string[]> => visitor.log.locator('time').evaluateAll((all) => all.map((t) => (t as HTMLTimeElement).dateTime.slice(0, 10)));
      expect(await days()).toEqual(['Today']);
      network.pass('no dialog');
      await visitor.says('On its way');
      await visitor.seesState('On its way', 'Sending…');
      // What is on its way has the gateway's day too.
      expect(await days()).toEqual(['Today']);
      await visitor.page.reload();
      await visitor.open();
      await visitor.seesState('On its way', 'Sending…');
      network.pass('all');
      await visitor.seesState('On its way', 'Sent');
      await dialog.says('And it comes');
      await visitor.sees('And it comes');
      const today = new Date().toISOString().slice(0, 10);
      expect(new Set(await clocks())).toEqual(new Set([today]));
      expect(await days()).toEqual(['Today']);
      expect((await visitor.transcript()).map((t) => /What day|Today\.|On its way|And it comes/.exec(t)?.[0])).toEqual(['What day', 'Today.', 'On its way', 'And it comes']);
      expect(dialog.texts()).toEqual([question, 'On its way']);
    });
  }
});
