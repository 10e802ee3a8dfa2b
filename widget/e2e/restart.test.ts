import type { Page } from 'playwright-core';
import type { Dialog } from './stack/dialog';
import { describe, expect, meet, test as base } from './stack/fixtures';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

/** What browsers say in the console about a server that is away, or about to be. */
const failures = /ERR_|WebSocket connection|CORS policy|Failed to load resource/;

// All fixtures are of the demo that can be restarted.
const test = base.extend<{ facts: Facts }>({ facts: [async ({ bridge }, use) => use(bridge.facts), { scope: 'file' }] });

/** Browsers and homeserver try again later each time, so on a busy machine, whose bridge takes long, they need so many milliseconds. */
const comesBack = { timeout: 90_000 };

/** Resolves once the page has probed its WebSocket: then that has been there so long that it counts as one that works. */
function probed(page: Page): Promise<void> {
  return new Promise((done) => {
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        if (payload === '{"t":"ping"}') done();
      });
    });
  });
}

/** Resolves once an exchange of the page was answered. */
const exchanged = (page: Page): Promise<unknown> => page.waitForResponse((answer) => answer.url().endsWith('/frames') && answer.ok(), comesBack);

interface Talk {
  readonly visitor: Visitor;
  readonly dialog: Dialog;
  readonly way: string;
}

describe('A bridge that is restarted while visitors write', () => {
  test('loses and doubles nothing and keeps the order, by WebSocket and by the fall-back, and the tabs come back by themselves', { timeout: 400_000 }, async ({ profiles, network, operator, facts, bridge }) => {
    profiles.expectErrors(failures);
    const bySocket = new Visitor(await (await profiles.fresh()).newPage());
    const works = probed(bySocket.page);
    await bySocket.page.goto(facts.visitor_url);
    const talks: Talk[] = [{ visitor: bySocket, dialog: await meet(bySocket, operator, 'WebSocket: first'), way: 'WebSocket' }];
    network.pass('no sockets');
    const byPolls = await Visitor.visit(await profiles.fresh({ proxy: network.proxy }), facts.visitor_url);
    const [, byExchanges] = await Promise.all([exchanged(byPolls.page), meet(byPolls, operator, 'Fall-back: first')]);
    talks.push({ visitor: byPolls, dialog: byExchanges, way: 'Fall-back' });
    // Each has the way that it is called by, and that one works.
    await works;

    const said = ['first'];
    const all = (does: (talk: Talk) => Promise<unknown>): Promise<unknown> => Promise.all(talks.map(does));
    const say = (...words: string[]): Promise<unknown> => {
      said.push(...words);
      return all(async ({ visitor, way }) => {
        for (const word of words) await visitor.says(`${way}: ${word}`);
      });
    };
    await say('before it');
    await bridge.end(() => say('as it ends', 'as it ends, again'));
    await say('while it is away', 'while it is away, again');
    await all(({ visitor, way }) => visitor.seesState(`${way}: while it is away, again`, 'Sending…'));
    await all(({ dialog, way }) => dialog.says(`To ${way}: said while it is away`));
    await bridge.begin();
    // Nobody touches the pages.
    await all(({ visitor, way }) => visitor.message(`${way}: while it is away, again`).getByText(/^(Sent|Seen)$/).first().waitFor({ state: 'attached', ...comesBack }));
    await all(({ dialog, way }) => dialog.says(`To ${way}: said after it`));
    await all(({ visitor, way }) => visitor.message(`To ${way}: said after it`).waitFor(comesBack));
    await say('after it');
    await all(({ dialog, way }) => dialog.sees(`${way}: after it`));
    for (const { visitor, dialog, way } of talks) {
      const own = said.map((word) => `${way}: ${word}`);
      expect(dialog.texts()).toEqual(own);
      await visitor.seesState(`${way}: after it`, /^(Sent|Seen)$/);
      const seen = (await visitor.transcript()).map((text) => /(?:To )?(?:WebSocket|Fall-back): .*?(?= (?:Sent|Seen|Sending…)|$)/.exec(text)?.[0]);
      expect(seen.filter((text) => !text?.startsWith('To '))).toEqual(own);
      expect(seen.filter((text) => text?.startsWith('To '))).toEqual([`To ${way}: said while it is away`, `To ${way}: said after it`]);
    }
  });
});
