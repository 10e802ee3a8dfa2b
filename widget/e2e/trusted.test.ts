import type { BrowserContext } from 'playwright-core';
import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { picture } from './stack/files';
import { strictest, tag, visit } from './stack/own';
import { photo } from './stack/photo';
import type { Facts } from './stack/start';
import type { Visitor } from './stack/visitor';

/** What a page that was visited has said in its console, and what its policy has refused. */
interface Watched {
  readonly visitor: Visitor;
  readonly lines: string[];
}

/** A page that forbids all that the chat can do without, with the chat of a site; it loads what its script loads by a nonce alone. */
async function guarded(context: BrowserContext, facts: Facts, site: string): Promise<Watched> {
  const lines: string[] = [];
  context.on('console', (message) => lines.push(message.text()));
  await context.exposeFunction('refused', (what: string) => void lines.push(what));
  await context.addInitScript(() => {
    const page = window as unknown as { refused(what: string): void };
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => page.refused(`refused: ${violatedDirective} ${blockedURI} ${sample}`));
  });
  await context.grantPermissions(['microphone'], { origin: new URL(facts.visitor_url).origin });
  const nonce = 'c2VjcmV0';
  // Its icon is the chat's: others are forbidden.
  const head = `<!doctype html><html lang="en"><title>Own</title><link rel="icon" href="${facts.public_url}/widget/${site}.svg">`;
  const html = `${head}${tag(facts, site, `async nonce="${nonce}"`)}<h1>Own</h1>`;
  return { visitor: await visit(context, facts, { html, policy: strictest(facts, `'nonce-${nonce}'`) }), lines };
}

describe('Under a policy that requires trusted types, and has none', () => {
  test('what is said first, forms, offers of the bot, a person, rating and transcript work without a line in the console', { timeout: 180_000 }, async ({ profiles, operator, facts }) => {
    const { visitor, lines } = await guarded(await profiles.fresh(), facts, 'whole');
    const { page, window } = visitor;
    await page.getByRole('button', { name: /New here/ }).click();
    const form = window.getByRole('form', { name: 'Please introduce yourself' });
    await form.getByLabel('Name').fill('Ann');
    await form.getByLabel('E-mail address').fill('ann@example.com');
    await form.getByRole('button', { name: 'Start the chat' }).click();
    await visitor.textbox.waitFor();
    await visitor.says('plans');
    await visitor.message('Which plan interests you?').getByRole('button', { name: 'Team' }).click();
    await window.getByRole('group', { name: 'Suggested answers' }).getByRole('button', { name: 'Yes' }).click();
    await visitor.sees('Noted.');
    await visitor.says('cards');
    await window.getByRole('button', { name: 'Next cards' }).click();
    await window.getByRole('listitem', { name: 'Black tea' }).getByRole('button', { name: 'Order black' }).click();
    await visitor.sees('Ordered.');
    await visitor.says('form');
    await window.getByRole('textbox', { name: 'E-mail address' }).fill('ann@example.com');
    await window.getByRole('form', { name: 'Where may we write to you?' }).getByRole('button', { name: 'Send' }).click();
    await window.getByLabel('Date and time').fill('2031-12-01T15:30');
    await window.getByRole('form', { name: 'When shall we call?' }).getByRole('button', { name: 'Send' }).click();
    await window.getByRole('checkbox', { name: 'Coffee' }).waitFor();

    await window.getByRole('button', { name: 'Talk to a person' }).click();
    const dialog = await operator.dialog('I would like to talk to a person.');
    // It comes while nobody looks, with its badge and its sound.
    await visitor.close();
    await dialog.says('Here I am', { format: 'org.matrix.custom.html', formatted_body: '<p>Here <strong>I am</strong></p>' });
    await page.getByRole('button', { name: /unread messages: 1/ }).click();
    await visitor.sees('Here I am');
    await window.getByRole('button', { name: 'Menu', exact: true }).click();
    const saved = page.waitForEvent('download');
    await window.getByRole('menuitem', { name: 'Download the conversation' }).click();
    expect((await saved).suggestedFilename()).toMatch(/^chat-whole-.*\.html$/);
    await dialog.says('!close');
    await window.getByRole('radio', { name: '5 out of 5' }).check({ force: true });
    await window.getByRole('form', { name: 'How did we do?' }).getByRole('button', { name: 'Send' }).click();
    await window.getByRole('img', { name: '5 out of 5' }).waitFor();
    await page.reload();
    await visitor.sees('Ordered.');
    expect(lines).toEqual([]);
  });

  test('emoji, pictures that are made smaller, and voice work without a line in the console', { timeout: 180_000 }, async ({ profiles, operator, facts }) => {
    const { visitor, lines } = await guarded(await profiles.fresh(), facts, 'clinic');
    const { window } = visitor;
    const dialog = await meet(visitor, operator, 'Strictly, with files');
    await window.getByRole('button', { name: 'Emoji' }).click();
    await window.getByPlaceholder('Search emoji').fill('grinning');
    await window.getByRole('button', { name: 'grinning face', exact: true }).click();
    await visitor.textbox.press('Enter');
    await dialog.sees('😀');
    const shot = await photo(await (await profiles.fresh()).newPage(), 'vase.jpg', 2400, 1600);
    await visitor.attaches(shot, picture('glaze.png', 300, 200, [40, 90, 160]));
    await window.getByRole('button', { name: /^Send smaller/ }).click();
    await dialog.sees('vase.jpg');
    await dialog.sees('glaze.png');
    await eventually(() => visitor.log.locator('img').evaluateAll((all) => all.map((e) => (e as HTMLImageElement).naturalWidth > 0)), 'the pictures', [true, true]);
    // What an operator sends is shown as well.
    const content = await operator.upload(picture('kiln.png', 200, 100, [160, 40, 40]).buffer, 'kiln.png', 'image/png');
    await dialog.sends('m.room.message', { msgtype: 'm.image', body: 'kiln.png', url: content, info: { mimetype: 'image/png' } });
    await eventually(() => visitor.log.locator('img').count(), 'the pictures of both', 3);
    await window.getByRole('button', { name: 'Record a voice message' }).click();
    await eventually(async () => /^0:0[1-9]/.test(await window.getByRole('timer').innerText()), 'a second of recording', true);
    await window.getByRole('button', { name: 'Finish, to listen first' }).click();
    await window.getByRole('button', { name: 'Send the voice message' }).click();
    await dialog.event('the voice message', (e) => e.content.msgtype === 'm.audio');
    const voice = visitor.log.getByRole('group', { name: 'Voice message' });
    // It is short, and may be over by the time of a next look.
    await Promise.all([voice.getByRole('button', { name: 'Pause' }).waitFor(), voice.getByRole('button', { name: 'Play' }).click()]);
    expect(lines).toEqual([]);
  });

  test('consent, and then the fall-back where WebSocket is blocked, work without a refusal', { timeout: 180_000 }, async ({ profiles, network, operator, facts }) => {
    const failures = /ERR_|WebSocket connection/;
    profiles.expectErrors(failures);
    network.pass('no sockets');
    const { visitor, lines } = await guarded(await profiles.fresh({ proxy: network.proxy }), facts, 'consent');
    await visitor.launcher.click();
    await visitor.window.getByRole('button', { name: 'Agree and continue' }).click();
    await visitor.textbox.waitFor();
    await visitor.says('Strictly, by the fall-back');
    const dialog = await operator.dialog('Strictly, by the fall-back');
    await dialog.says('It came.');
    await visitor.sees('It came.');
    expect(lines.filter((line) => !failures.test(line))).toEqual([]);
  });
});
