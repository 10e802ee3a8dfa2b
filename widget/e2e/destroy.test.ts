import type { BrowserContext, Page, Route } from 'playwright-core';
import { hide } from './stack/attention';
import type { Dialog } from './stack/dialog';
import { picture, textFile } from './stack/files';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { counts, nothing } from './stack/held';
import type { Operator } from './stack/operator';
import { serve, tag } from './stack/own';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** What a scene is played with. */
interface Play {
  readonly context: BrowserContext;
  readonly operator: Operator;
  readonly facts: Facts;
}

/** Something that goes on when the chat ends. */
interface Scene {
  /** Of the demo's sites; the shop without it. */
  readonly site?: string;
  readonly phone?: boolean;
  /** Resolves when it goes on; what it gives back is done after the end, and must come to nothing. */
  begin(visitor: Visitor, play: Play): Promise<(() => unknown) | void>;
}

let count = 0;
const words = (): string => `Scene ${++count}`;

/** Holds requests to such addresses; what comes back lets them go. */
async function holds(context: BrowserContext, url: RegExp): Promise<{ readonly held: Promise<unknown>; readonly release: () => Promise<void> }> {
  const routes: Route[] = [];
  const held = context.waitForEvent('request', (request) => url.test(request.url()));
  let free = false;
  await context.route(url, (route) => (free ? route.continue() : void routes.push(route)));
  const release = async (): Promise<void> => {
    free = true;
    // What was given up is gone.
    await Promise.all(routes.splice(0).map((route) => route.continue().catch(() => undefined)));
  };
  return { held, release };
}

const says = async (visitor: Visitor, { operator }: Play): Promise<Dialog> => meet(visitor, operator, words());

async function menu(visitor: Visitor, item?: string): Promise<void> {
  await visitor.window.getByRole('button', { name: 'Menu', exact: true }).click();
  const entry = visitor.window.getByRole('menuitem', item ? { name: item } : {}).first();
  if (item) await entry.click();
  else await entry.waitFor();
}

const scenes: Readonly<Record<string, Scene>> = {
  'nothing was pressed': { begin: async () => undefined },
  'the window is loading': {
    async begin(visitor, { context }) {
      const { held, release } = await holds(context, /assets\/\w+\/chat-/);
      const connected = visitor.page.waitForEvent('websocket');
      await visitor.launcher.click();
      await Promise.all([held, connected]);
      return release;
    },
  },
  'the window is drawn': {
    async begin(visitor) {
      await visitor.open();
    },
  },
  'the visitor writes, and the operator too': {
    async begin(visitor, play) {
      const dialog = await says(visitor, play);
      await dialog.says('Yes?');
      await visitor.sees('Yes?');
      await visitor.textbox.pressSequentially('Half a wo');
      await dialog.seesTyping(true);
      await dialog.types(true);
      await visitor.window.getByText('Anna is typing…').first().waitFor({ state: 'attached' });
    },
  },
  'a message waits for its answer': {
    async begin(visitor) {
      await visitor.open();
      // Swallowed by a proxy: it is sent, and nothing comes back.
      await visitor.page.evaluate(`WebSocket.prototype.send = function () {}`);
      await visitor.says(words());
      await visitor.seesState(`Scene ${count}`, /Sending|Sent/);
    },
  },
  'a file is on its way': {
    async begin(visitor, play) {
      await says(visitor, play);
      const { held, release } = await holds(play.context, /\/uploads\//);
      await visitor.attaches(textFile('order.txt', 'x'.repeat(1000)), textFile('list.txt', 'y'));
      await held;
      return release;
    },
  },
  'what sends files is loading': {
    async begin(visitor, play) {
      await says(visitor, play);
      const { held, release } = await holds(play.context, /assets\/\w+\/files-/);
      await visitor.attaches(textFile('order.txt', 'x'));
      await held;
      return release;
    },
  },
  'the visitor decides how a picture goes': {
    async begin(visitor, play) {
      await says(visitor, play);
      const large = picture('bowl.png', 2400, 1800, [200, 120, 60]);
      await visitor.attaches({ ...large, buffer: Buffer.concat([large.buffer, Buffer.alloc(2 << 20)]) });
      await visitor.window.getByRole('button', { name: /^Send smaller|^Smaller/ }).waitFor();
    },
  },
  'a phone asks where files come from': {
    phone: true,
    async begin(visitor, play) {
      await says(visitor, play);
      await visitor.window.getByRole('button', { name: 'Attach a file' }).tap();
      await visitor.window.getByRole('button', { name: 'Files', exact: true }).waitFor();
    },
  },
  'the browser asks for the microphone': {
    site: 'clinic',
    async begin(visitor, play) {
      await says(visitor, play);
      await visitor.page.evaluate('void (window.thinking = new Promise((done) => window.decide = done))');
      await visitor.window.getByRole('button', { name: 'Record a voice message' }).click();
      await visitor.window.getByText('Your browser asks for the microphone…').waitFor();
      return () => visitor.page.evaluate('decide()');
    },
  },
  'a voice message is recorded': {
    site: 'clinic',
    async begin(visitor, play) {
      await says(visitor, play);
      await visitor.window.getByRole('button', { name: 'Record a voice message' }).click();
      await visitor.window.getByRole('timer').filter({ hasText: '0:01' }).waitFor();
      expect(await visitor.page.evaluate('held().microphones')).toBe(1);
    },
  },
  'what was recorded is heard': {
    site: 'clinic',
    async begin(visitor, play) {
      await says(visitor, play);
      await visitor.window.getByRole('button', { name: 'Record a voice message' }).click();
      await visitor.window.getByRole('timer').filter({ hasText: '0:01' }).waitFor();
      await visitor.window.getByRole('button', { name: 'Finish, to listen first' }).click();
      await visitor.window.getByRole('button', { name: 'Play', exact: true }).click();
      await visitor.window.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    },
  },
  'the conversation is fetched': {
    async begin(visitor, play) {
      await says(visitor, play);
      const { held, release } = await holds(play.context, /\/transcript$/);
      await menu(visitor, 'Download the conversation');
      await held;
      return release;
    },
  },
  'the conversation was saved': {
    async begin(visitor, play) {
      await says(visitor, play);
      const saved = visitor.page.waitForEvent('download');
      await menu(visitor, 'Download the conversation');
      await (await saved).path();
      expect(await visitor.page.evaluate('held().urls')).toBe(1);
    },
  },
  'the menu is open': {
    async begin(visitor, play) {
      await says(visitor, play);
      await menu(visitor);
    },
  },
  'the menu asks for an address': {
    site: 'mails',
    async begin(visitor, play) {
      await says(visitor, play);
      await menu(visitor, 'Answers by e-mail…');
      await visitor.window.getByRole('textbox', { name: 'E-mail address' }).fill('maria@');
    },
  },
  'emoji are chosen': {
    async begin(visitor) {
      await visitor.open();
      await visitor.window.getByRole('button', { name: 'Emoji' }).click();
      await visitor.window.getByRole('group', { name: 'Emoji', exact: true }).waitFor();
    },
  },
  'a form is filled in': {
    site: 'forms',
    async begin(visitor) {
      await visitor.launcher.click();
      await visitor.window.getByRole('textbox', { name: 'Name' }).fill('Maria');
      await visitor.window.getByRole('textbox', { name: /^E-mail/ }).fill('maria@');
    },
  },
  'the site says something first': {
    site: 'whole',
    async begin(visitor) {
      await visitor.page.getByRole('button', { name: /New here\?/ }).waitFor();
    },
  },
  'the site is about to say something first': { site: 'whole', begin: async () => undefined },
  'the title and a sound tell of what came': {
    async begin(visitor, play) {
      const dialog = await says(visitor, play);
      await visitor.close();
      await hide(visitor.page, true);
      await dialog.says('Are you there?');
      // A function that is waited for would leave listeners of Playwright's own.
      await eventually(async () => (await visitor.page.title()).startsWith('(1)'), 'the title', true);
    },
  },
  'the link is lost': {
    async begin(visitor, play) {
      await says(visitor, play);
      await visitor.page.evaluate('dispatchEvent(new Event("offline"))');
      await visitor.says('Into the void');
    },
  },
  'consent is asked for, and the page has called': {
    site: 'consent',
    async begin(visitor) {
      await visitor.page.evaluate('void Anteroom.set({ a: 1 }); void Anteroom.event("seen")');
      await visitor.launcher.click();
      await visitor.window.getByRole('button', { name: /^Agree/ }).waitFor();
    },
  },
  'the page says who sits there': {
    async begin(visitor, { context }) {
      const { held, release } = await holds(context, /\/identity$/);
      await visitor.page.evaluate('void Anteroom.identify({ name: "Maria" }); void Anteroom.open()');
      await held;
      return release;
    },
  },
};

/** A page with the chat of a scene's site, which counts what it holds. */
async function begins({ context, facts }: Play, { site = facts.site }: Scene): Promise<Visitor> {
  await context.addInitScript(counts);
  await context.grantPermissions(['microphone'], { origin: new URL(facts.visitor_url).origin });
  const visitor = new Visitor(await context.newPage());
  const html = `<!doctype html><html lang="en"><title>Own</title><h1>Own</h1><button type="button" id="page">Buy</button>${tag(facts, site)}`;
  await visitor.page.goto(await serve(context, facts, { html }));
  await visitor.launcher.waitFor();
  return visitor;
}

const phone = { viewport: { width: 390, height: 740 }, hasTouch: true, isMobile: true } as const;

/** What the page holds; a moment is given to what browsers tell in another task. */
async function holdsNothing(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate('held()'), { timeout: 1000, interval: 20, message: 'what is left' }).toEqual(nothing);
}

describe('A chat that is destroyed while', () => {
  test.for(Object.entries(scenes))('%s leaves nothing, and another tag begins anew', async ([, scene], { profiles, operator, facts }) => {
    const context = await profiles.fresh(scene.phone ? phone : {});
    const play = { context, operator, facts };
    const downloads: unknown[] = [];
    const sockets: unknown[] = [];
    const thrown: unknown[] = [];
    const visitor = await begins(play, scene);
    const { page } = visitor;
    page.on('download', (download) => downloads.push(download));
    page.on('pageerror', (error) => thrown.push(error));
    const after = await scene.begin(visitor, play);
    downloads.length = 0;
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.evaluate('window.kept = Anteroom; Anteroom.destroy()');
    await holdsNothing(page);
    await after?.();
    // The page is the visitor's again, also below what was modal.
    await page.locator('#page').click();
    await holdsNothing(page);
    expect(await page.title()).toBe('Own');
    expect({ downloads, sockets, thrown }).toEqual({ downloads: [], sockets: [], thrown: [] });
    // A second time is one line in the console.
    profiles.expectErrors(/^Anteroom: Error: This chat was destroyed/);
    expect(await page.evaluate('kept.destroy().catch((error) => error.message)')).toMatch(/was destroyed/);
    await holdsNothing(page);

    await page.evaluate((src) => document.body.append(Object.assign(document.createElement('script'), { src })), `${facts.public_url}/widget/${scene.site ?? facts.site}.js`);
    await visitor.launcher.waitFor();
    await visitor.launcher.click();
    await visitor.window.waitFor();
    await page.evaluate('Anteroom.destroy()');
    await holdsNothing(page);
  });
});

test('A page that destroys the chat in a click stays without it, also where the site was about to speak', async ({ profiles, operator, facts }) => {
  const visitor = await begins({ context: await profiles.fresh(), operator, facts }, { site: 'whole', begin: async () => undefined });
  await visitor.page.evaluate('document.querySelector("#page").onclick = () => Anteroom.destroy()');
  await visitor.page.locator('#page').click();
  await holdsNothing(visitor.page);
});

test('A window that a page closes over a modal sheet leaves the page to its visitor', async ({ profiles, operator, facts }) => {
  const visitor = await begins({ context: await profiles.fresh(phone), operator, facts }, { begin: async () => undefined });
  await meet(visitor, operator, 'A sheet');
  const attach = visitor.window.getByRole('button', { name: 'Attach a file' });
  const files = visitor.window.getByRole('button', { name: 'Files', exact: true });
  await attach.tap();
  await files.waitFor();
  await visitor.page.evaluate('Anteroom.close()');
  await visitor.window.first().waitFor({ state: 'hidden' });
  await visitor.page.locator('#page').click();
  await visitor.open();
  expect(await files.count()).toBe(0);
  await attach.tap();
  await files.waitFor();
});

/** The visitor writes, and the bridge has it. */
async function writes(visitor: Visitor): Promise<void> {
  await visitor.open();
  await visitor.says(words());
  await visitor.seesState(`Scene ${count}`, /Sent|Seen/);
}

/** The kinds of listeners that a page has, which a chat of the same state has as well. */
const listens = async ({ page }: Visitor): Promise<string[]> => {
  const all = (await page.evaluate('held().listeners')) as string[];
  return all.map((name) => name.replace(/ \d+$/, '')).toSorted();
};

describe('A visitor who signs out while', () => {
  const ends = ['a file is on its way', 'what sends files is loading', 'a voice message is recorded', 'what was recorded is heard', 'the browser asks for the microphone', 'the conversation is fetched', 'the conversation was saved', 'the menu is open', 'the title and a sound tell of what came', 'the visitor writes, and the operator too'];
  test.for(ends)('%s leaves nothing of it to who sits there next', { timeout: 60_000 }, async (name, { profiles, operator, facts }) => {
    const scene = scenes[name] as Scene;
    const fresh = await begins({ context: await profiles.fresh(), operator, facts }, scene);
    await writes(fresh);
    const usual = await listens(fresh);
    await fresh.page.close();

    const context = await profiles.fresh();
    const play = { context, operator, facts };
    const visitor = await begins(play, scene);
    const { page } = visitor;
    const after = await scene.begin(visitor, play);
    const downloads: unknown[] = [];
    page.on('download', (download) => downloads.push(download));
    const said = `Scene ${count}`;
    // The bridge may have ended the session before it is asked for the conversation.
    profiles.expectErrors(/status of 403.*\/transcript/);
    await page.evaluate('Anteroom.logout()');
    await after?.();
    await hide(page, false);
    await visitor.open();
    await visitor.seesNoMore(said);
    expect(await visitor.textbox.inputValue()).toBe('');
    await expect.poll(() => page.evaluate('(({ requests, urls, microphones, elements }) => ({ requests, urls, microphones, elements }))(held())'), { timeout: 1000 }).toEqual({ requests: 0, urls: 0, microphones: 0, elements: 1 });
    expect(downloads).toEqual([]);
    expect(await page.title()).toBe('Own');
    // The next one is another visitor, and the page listens as it does for a first one.
    await writes(visitor);
    expect(await listens(visitor)).toEqual(usual);
    for (let i = 0; i < 2; i++) {
      await page.evaluate('Anteroom.logout()');
      await visitor.seesNoMore(`Scene ${count}`);
      await writes(visitor);
    }
    expect(await listens(visitor)).toEqual(usual);
    await page.evaluate('Anteroom.destroy()');
    await holdsNothing(page);
  });

  test('a closed window holds what was recorded loses it: the browser does not ask before the page is left', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh();
    const play = { context, operator, facts };
    const scene = scenes['a voice message is recorded'] as Scene;
    const visitor = await begins(play, scene);
    await scene.begin(visitor, play);
    await visitor.close();
    await eventually(async () => (await listens(visitor)).filter((type) => type === 'beforeunload').length, 'the question', 1);
    await visitor.page.evaluate('Anteroom.logout()');
    await eventually(async () => (await listens(visitor)).filter((type) => type === 'beforeunload').length, 'the question', 0);
    await visitor.open();
    expect(await visitor.window.getByRole('button', { name: 'Discard the recording' }).count()).toBe(0);
  });
});
