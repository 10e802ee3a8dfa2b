import { describe, eventually, expect, meet, test } from './stack/fixtures';

describe('A visitor and an operator talk', () => {
  test('the operator sees who asks and what; the visitor sees who answers and what', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.says('Do you have green tea bowls?');
    const dialog = await operator.dialog('Do you have green tea bowls?');
    await dialog.event('the name of who asks', ({ type, state_key: of, content }) => {
      return type === 'm.room.member' && of === dialog.ghost && String(content['displayname']).startsWith('Berlin ');
    });
    await visitor.seesState('Do you have green tea bowls?', 'Sent');

    await dialog.says('Yes, in three sizes.');
    const answer = await visitor.sees('Yes, in three sizes.');
    await answer.getByText('Anna', { exact: true }).waitFor();
    await visitor.window.getByText('Anna is answering you').waitFor();
  });

  test("the visitor's edit reaches the operator", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'I need two bowls');
    await visitor.chooses('I need two bowls', 'Edit');
    await eventually(() => visitor.textbox.inputValue(), 'the text to edit', 'I need two bowls');
    await visitor.says('I need three bowls');
    const edit = await dialog.event('the edit', (e) => e.content['m.relates_to']?.rel_type === 'm.replace');
    expect(edit.sender).toBe(dialog.ghost);
    expect(edit.content['m.relates_to']?.event_id).toBe(dialog.first.event_id);
    expect(edit.content['m.new_content']?.body).toBe('I need three bowls');
    await visitor.seesState('I need three bowls', 'edited');
    await visitor.seesNoMore('I need two bowls');
  });

  test("the operator's edit reaches the visitor", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'How much is it?');
    const answer = await dialog.says('It is 40 euros.');
    await visitor.sees('It is 40 euros.');
    await dialog.edits(answer, 'It is 42 euros.');
    await visitor.seesState('It is 42 euros.', 'edited');
    await visitor.seesNoMore('It is 40 euros.');
    await eventually(() => visitor.log.getByRole('article').count(), 'the messages', 2);
  });

  test("the visitor's removal reaches the operator", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'My number is 12345');
    await visitor.chooses('My number is 12345', 'Delete');
    // The first press asks; nothing is gone yet.
    const sure = visitor.page.getByRole('menuitem', { name: 'Delete for everyone?' });
    await sure.waitFor();
    await visitor.sees('My number is 12345');
    await sure.click();
    const removed = await visitor.sees('Message removed');
    expect(await removed.getByText(/^(Sending…|Sent|Seen)$/).count()).toBe(0);
    await visitor.seesNoMore('My number is 12345');
    const removal = await dialog.event('the redaction', (e) => e.type === 'm.room.redaction');
    expect(removal.sender).toBe(dialog.ghost);
    expect(removal.redacts ?? removal.content['redacts']).toBe(dialog.first.event_id);
  });

  test("the operator's removals reach the visitor: of own messages, and of the visitor's", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Something rude');
    const answer = await dialog.says('Something wrong');
    await visitor.sees('Something wrong');
    await dialog.removes(answer);
    await visitor.seesNoMore('Something wrong');
    await dialog.removes(dialog.first.event_id);
    await visitor.seesNoMore('Something rude');
    await eventually(() => visitor.message('Message removed').count(), 'what is left', 2);
  });

  test("the visitor's reaction reaches the operator, and is taken back", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Is it dishwasher safe?');
    const answer = await dialog.says('Yes, it is.');
    const message = await visitor.sees('Yes, it is.');
    await visitor.chooses('Yes, it is.', 'React 👍');
    const reaction = await dialog.event('the reaction', (e) => e.type === 'm.reaction');
    expect(reaction.sender).toBe(dialog.ghost);
    expect(reaction.content['m.relates_to']?.event_id).toBe(answer);
    // Matrix wants emoji keys with U+FE0F.
    expect(reaction.content['m.relates_to']?.key).toBe('👍\uFE0F');

    await message.getByRole('button', { name: /👍.* 1 reaction, yours too/ }).click();
    const removal = await dialog.event('the redaction', (e) => e.type === 'm.room.redaction');
    expect(removal.redacts ?? removal.content['redacts']).toBe(reaction.event_id);
    await message.getByRole('button', { name: /reaction/ }).waitFor({ state: 'detached' });
  });

  test("the operator's reaction reaches the visitor, and is taken back", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'You are the best');
    const reaction = await dialog.reacts(dialog.first.event_id, '❤️');
    const shown = visitor.message('You are the best').getByRole('button', { name: '❤️ 1 reaction' });
    await shown.waitFor();
    await dialog.removes(reaction);
    await shown.waitFor({ state: 'detached' });
  });

  test("the visitor's reply reaches the operator", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Which glazes are there?');
    const asked = await dialog.says('Celadon or ash?');
    await dialog.says('And which size?');
    await visitor.sees('And which size?');
    await visitor.chooses('Celadon or ash?', 'Reply');
    await visitor.window.getByText('Reply to Anna').waitFor();
    await visitor.says('The first one');
    const reply = await dialog.sees('The first one');
    expect(reply.content['m.relates_to']?.['m.in_reply_to']?.event_id).toBe(asked);
    await visitor.message('The first one').getByRole('button', { name: 'Celadon or ash?' }).waitFor();
  });

  test("the operator's reply reaches the visitor", async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Do you ship to Oslo?');
    await visitor.says('And to Bergen?');
    await dialog.sees('And to Bergen?');
    await dialog.replies(dialog.first.event_id, 'In two days.');
    const reply = await visitor.sees('In two days.');
    await reply.getByRole('button', { name: 'Do you ship to Oslo?' }).waitFor();
  });
});

describe('Each sees what the other does', () => {
  test('the operator sees the visitor type, and stop', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Hello there');
    await visitor.textbox.pressSequentially('Hm');
    await dialog.seesTyping(true);
    await visitor.textbox.fill('');
    await dialog.seesTyping(false);
  });

  test('the visitor sees the operator type, and stop', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Anybody here?');
    await dialog.types(true);
    const typing = visitor.window.getByText('Anna is typing…');
    await typing.waitFor();
    await dialog.types(false);
    await typing.waitFor({ state: 'detached' });
  });

  test('the visitor sees that the operator has read', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Please read this');
    await visitor.seesState('Please read this', 'Sent');
    await dialog.reads(dialog.first.event_id);
    await visitor.seesState('Please read this', 'Seen');
  });

  test('the operator sees that a message is delivered, and read only once the window is open', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'I will wait for you');
    const early = await dialog.says('Here I am.');
    await dialog.seesReceipt(early, dialog.ghost);

    await visitor.close();
    const late = await dialog.says('Are you there?');
    await dialog.seesReceipt(late, '@anteroom_delivered:localhost');
    expect(dialog.receipt(late, dialog.ghost)).toBe(false);
    await visitor.open();
    await dialog.seesReceipt(late, dialog.ghost);
  });

  test('what comes while the visitor looks elsewhere is read when they are back', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'I look at something else');
    // The test's Chromium gives every page the focus; so this one says that it has none.
    await visitor.page.evaluate(() => Object.assign(document, { hasFocus: () => false }));
    const late = await dialog.says('Take your time.');
    await visitor.sees('Take your time.');
    await dialog.seesReceipt(late, '@anteroom_delivered:localhost');
    expect(await dialog.asks('!visitor')).toContain('Your last message: delivered');
    expect(dialog.receipt(late, dialog.ghost)).toBe(false);
    await visitor.page.evaluate(() => {
      Object.assign(document, { hasFocus: () => true });
      window.dispatchEvent(new Event('focus'));
    });
    await dialog.seesReceipt(late, dialog.ghost);
    expect(await dialog.asks('!visitor')).toContain('Your last message: read');
  });

  test('the operator sees on which page the visitor is, also where pages change without a load', async ({ visitor, operator, facts }) => {
    await visitor.page.goto(`${facts.visitor_url}gallery`);
    const dialog = await meet(visitor, operator, 'These glazes are lovely');
    const title = await visitor.page.title();
    const shown = async (path: string, named: string): Promise<void> => {
      const line = expect.stringContaining(`/${path} “${named}”`) as string;
      await eventually(() => dialog.asks('!visitor'), 'the card with the page', line);
    };
    await shown('gallery', title);
    const link = visitor.page.locator('a[data-glaze]').nth(1);
    const path = String(await link.getAttribute('href')).replace(/^\//, '');
    await link.click();
    await shown(path, await visitor.page.title());
    await visitor.page.goBack();
    await shown('gallery', title);
    const history = await dialog.asks('!history');
    expect(history.split('\n').filter((line) => line.includes('/gallery'))).toHaveLength(3);
  });
});
