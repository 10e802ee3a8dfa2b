import type { Exchange, ServerFrame } from '../src/chat/wire';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

/** What browsers say in the console about connections that fail. */
const failures = /ERR_|WebSocket connection/;

describe('Bad networks', () => {
  test('what is written offline says "Sending…" and goes once, in order, when the network is back', async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'The train enters a tunnel');
    await visitor.seesState('The train enters a tunnel', 'Sent');

    await context.setOffline(true);
    network.pass('nothing');
    await visitor.says('Written in the tunnel, one');
    await visitor.says('Written in the tunnel, two');
    await visitor.seesState('Written in the tunnel, two', 'Sending…');
    await visitor.window.getByText('No connection. Your messages will be sent later.').waitFor();
    await dialog.says('Can you hear me?');

    network.pass('all');
    await context.setOffline(false);
    // Seen, if the operator's words come after them: who writes has read.
    await visitor.seesState('Written in the tunnel, one', /^(Sent|Seen)$/);
    await visitor.seesState('Written in the tunnel, two', /^(Sent|Seen)$/);
    await visitor.sees('Can you hear me?');
    await visitor.says('Out of the tunnel');
    await dialog.sees('Out of the tunnel');
    const texts = ['The train enters a tunnel', 'Written in the tunnel, one', 'Written in the tunnel, two', 'Out of the tunnel'];
    expect(dialog.texts()).toEqual(texts);
    expect((await visitor.transcript()).filter((t) => !t.includes('Can you hear me?'))).toEqual(
      texts.map((t) => expect.stringContaining(t) as string),
    );
  });

  test('what could not be sent survives a reload', async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Before the outage');
    await visitor.seesState('Before the outage', 'Sent');

    network.pass('no dialog');
    await visitor.says('During the outage');
    await visitor.seesState('During the outage', 'Sending…');
    await visitor.page.reload();
    await visitor.open();
    await visitor.seesState('During the outage', 'Sending…');
    await visitor.page.goto('about:blank');
    network.pass('all');

    // The window need not be opened for it.
    await visitor.page.goto(facts.visitor_url);
    await dialog.sees('During the outage');
    await visitor.open();
    await visitor.seesState('During the outage', 'Sent');
    await visitor.says('After the outage');
    await dialog.sees('After the outage');
    expect(dialog.texts()).toEqual(['Before the outage', 'During the outage', 'After the outage']);
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 3);
  });

  test('where WebSocket is blocked, the fall-back carries everything both ways', async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    network.pass('no sockets');
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const dialog = await meet(visitor, operator, 'Our firewall knows no sockets');
    const answer = await dialog.says('No matter.');
    await visitor.sees('No matter.');
    await dialog.seesReceipt(answer, dialog.ghost);
    await dialog.edits(answer, 'It does not matter.');
    await visitor.seesState('It does not matter.', 'edited');
    await dialog.reads(dialog.first.event_id);
    await visitor.seesState('Our firewall knows no sockets', 'Seen');
    await dialog.types(true);
    await visitor.window.getByText('Anna is typing…').waitFor();
    await visitor.chooses('It does not matter.', 'React 👍');
    await dialog.event('the reaction', (e) => e.type === 'm.reaction' && e.sender === dialog.ghost);
    await visitor.textbox.pressSequentially('Hm');
    await dialog.seesTyping(true);
    await visitor.says('Good to know');
    await dialog.sees('Good to know');
    expect(dialog.texts()).toEqual(['Our firewall knows no sockets', 'Good to know']);
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 3);
  });

  test('the fall-back is one link that lasts, also while nothing happens', { timeout: 90_000 }, async ({ profiles, network, operator, facts }) => {
    profiles.expectErrors(failures);
    network.pass('no sockets');
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const exchanges: Exchange[] = [];
    visitor.page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/frames')) exchanges.push(request.postDataJSON() as Exchange);
    });
    const dialog = await meet(visitor, operator, 'I shall be quiet for a while');
    await visitor.seesState('I shall be quiet for a while', 'Sent');
    // A wait without news that the gateway ended: by then many limits of single exchanges are over.
    await visitor.page.waitForResponse(
      async (response) => {
        const { wait } = (response.request().postDataJSON() ?? {}) as Exchange;
        if (!wait) return false;
        const { frames } = (await response.json()) as { frames: ServerFrame[] };
        return frames.every((f) => f.t === 'welcome' && !f.entries?.length);
      },
      { timeout: 70_000 },
    );
    await dialog.says('I am still here.');
    await visitor.sees('I am still here.');
    // Each link begins with an exchange that brings and awaits nothing.
    expect(exchanges.filter(({ wait, frames }) => !wait && !frames?.length)).toHaveLength(1);
  });
});
