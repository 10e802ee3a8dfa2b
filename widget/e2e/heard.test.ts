import type { Page } from 'playwright-core';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { tag, visit } from './stack/own';

const heard = (page: Page): Promise<unknown[]> => page.evaluate('heard');

describe('A page that listens', () => {
  test('takes one listener off, and the others hear on', async ({ profiles, operator, facts }) => {
    const visitor = await visit(await profiles.fresh(), facts, { html: `<!doctype html><title>Own</title>${tag(facts)}` });
    const { page } = visitor;
    await page.evaluate(`
      window.heard = [];
      window.one = ({ text }) => heard.push('one: ' + text);
      Promise.all([Anteroom.on('message', one), Anteroom.on('message', ({ text }) => heard.push('other: ' + text)), Anteroom.on('message', one)])`);
    const dialog = await meet(visitor, operator, 'Do you all hear me?');
    await eventually(() => heard(page), 'what both heard', ['one: Do you all hear me?', 'other: Do you all hear me?']);
    // Of another event, and one that never listened: nothing changes.
    await page.evaluate(`Promise.all([Anteroom.off('unread', one), Anteroom.off('message', () => 0)])`);
    await dialog.says('All of us.');
    await eventually(() => heard(page), 'what both heard then', ['one: Do you all hear me?', 'other: Do you all hear me?', 'one: All of us.', 'other: All of us.']);
    await page.evaluate(`heard.length = 0; Anteroom.off('message', one)`);
    await dialog.says('And now?');
    await eventually(() => heard(page), 'what the other heard', ['other: And now?']);
    await page.evaluate(`Anteroom.on('message', one)`);
    await visitor.says('And once more?');
    await eventually(() => heard(page), 'what came then', ['other: And now?', 'other: And once more?', 'one: And once more?']);
  });

  test('hears who answers: an operator by name, and the bot again once that one has left', async ({ profiles, operator, facts }) => {
    const visitor = await visit(await profiles.fresh(), facts, { html: `<!doctype html><title>Own</title>${tag(facts, 'guide')}` });
    const { page } = visitor;
    await page.evaluate(`window.heard = []; Anteroom.on('handoff', (to) => heard.push(to))`);
    await visitor.open();
    await visitor.says('order');
    await visitor.sees('How many boxes?');
    const dialog = await operator.dialog('order');
    expect(await heard(page)).toEqual([]);
    await dialog.says('Hello, this is Anna.');
    await visitor.sees('Hello, this is Anna.');
    const anna = { to: 'operator', name: expect.any(String) as string };
    await eventually(() => heard(page), 'that an operator answers', [anna]);
    await dialog.asks('!bot on');
    await eventually(() => heard(page), 'that the bot answers again', [anna, { to: 'bot' }]);
    await visitor.says('order');
    await eventually(() => visitor.message('How many boxes?').count(), 'the questions of the bot', 2);
    await dialog.says('Here I am again.');
    await eventually(() => heard(page), 'that the operator is back', [anna, { to: 'bot' }, anna]);
    // Whoever closes a dialog has left it with that.
    await dialog.says('!close');
    await eventually(() => heard(page), 'that the operator has left', [anna, { to: 'bot' }, anna, { to: 'bot' }]);
  });
});
