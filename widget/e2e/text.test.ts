import { describe, eventually, expect, meet, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

declare global {
  interface Window {
    /** Set by a script that should not have run. */
    ran?: boolean;
  }
}

describe('What operators say among themselves', () => {
  test('notes in a thread, notices and commands stay hidden; what is meant for the visitor arrives', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'May I return a bowl?');
    const thread = { rel_type: 'm.thread', event_id: dialog.first.event_id };
    await dialog.says('He returned three last week (thread)', { 'm.relates_to': thread });
    await dialog.sends('m.room.message', { msgtype: 'm.notice', body: 'Reminder from a script (notice)' });
    await dialog.says('!nosuchcommand (command)');
    await dialog.says('!!important means first');
    await dialog.says('Of course you may.');
    await visitor.sees('Of course you may.');
    expect(await visitor.transcript()).toEqual([
      expect.stringContaining('May I return a bowl?'),
      expect.stringContaining('!important means first'),
      expect.stringContaining('Of course you may.'),
    ]);
    await visitor.page.reload();
    await visitor.open();
    await visitor.sees('Of course you may.');
    expect(await visitor.log.innerText()).not.toMatch(/thread|notice|command/);
  });
});

describe("An operator's text", () => {
  test('is shown with its formatting, and nothing of it runs', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Show me the list');
    await dialog.says('One two three', {
      format: 'org.matrix.custom.html',
      formatted_body: [
        '<ul><li>One</li><li><strong>two</strong></li></ul>',
        '<img src="x" onerror="ran=true"><script>ran=true</script><style>*{display:none}</style>',
        '<a href="javascript:ran=true">three</a> <a href="https://glina.example/four">four</a>',
      ].join(''),
    });
    const message = await visitor.sees('One');
    await eventually(() => message.getByRole('listitem').allInnerTexts(), 'the list', ['One', 'two']);
    await eventually(() => message.getByRole('link').allInnerTexts(), 'the links', ['four']);
    expect(await message.getByRole('link').getAttribute('href')).toBe('https://glina.example/four');
    await message.getByText('three').waitFor();
    expect(await visitor.page.evaluate(() => window.ran)).toBeUndefined();
  });

  test('hides a spoiler until it is pressed, by mouse or by keyboard', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'What is in the parcel?');
    await dialog.says('It is a blue bowl', {
      format: 'org.matrix.custom.html',
      formatted_body: 'It is <span data-mx-spoiler>a <strong>blue</strong> bowl <a href="https://glina.example/bowl">here</a></span>',
    });
    const message = await visitor.sees('It is');
    const spoiler = message.getByRole('button', { name: 'Hidden text. Show it' });
    await spoiler.waitFor();
    // What is hidden is hidden from everyone, and its link leads nowhere yet.
    await eventually(() => message.getByRole('link').count(), 'links', 0);
    await spoiler.focus();
    await visitor.page.keyboard.press('Enter');
    await message.getByRole('link', { name: 'here' }).waitFor();
    await eventually(() => spoiler.count(), 'what is still hidden', 0);
    await visitor.page.reload();
    await visitor.open();
    await spoiler.click();
    await message.getByRole('link', { name: 'here' }).waitFor();
  });

  test('is folded when it is long, and unfolds', async ({ visitor, operator }) => {
    const dialog = await meet(visitor, operator, 'Tell me everything');
    await dialog.says(`It begins here. ${'And so on, and so forth. '.repeat(60)}It ends here.`);
    const message = await visitor.sees('It begins here.');
    const more = message.getByRole('button', { name: 'Show more' });
    await more.waitFor();
    const folded = await message.boundingBox();
    await more.click();
    await message.getByRole('button', { name: 'Show less' }).waitFor();
    const whole = await message.boundingBox();
    expect(whole?.height).toBeGreaterThan((folded?.height ?? 0) * 1.5);
    expect(await message.innerText()).toContain('It ends here.');
  });
});

describe("A visitor's text", () => {
  test('is text for the operator and in the window, whatever is in it', async ({ visitor, operator }) => {
    const text = '<b>bold</b> <img src=x onerror=ran=true><script>ran=true</script> @room @anna:localhost &amp; *stars* [a](javascript:ran=true)';
    await visitor.open();
    await visitor.says(text);
    const { first } = await operator.dialog(text);
    expect(first.content.msgtype).toBe('m.text');
    expect(first.content).not.toHaveProperty('formatted_body');
    expect(first.content['m.mentions']).toEqual({});
    await visitor.sees(text);
    await eventually(() => visitor.message(text).getByRole('link').count(), 'links', 0);
    expect(await visitor.page.evaluate(() => window.ran)).toBeUndefined();
  });

  test('survives a reload half-written, in this tab only, and is gone once it is sent', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.textbox.fill('Half a sent');
    await visitor.page.reload();
    await visitor.open();
    expect(await visitor.textbox.inputValue()).toBe('Half a sent');
    const other = await Visitor.visit(visitor.page.context(), visitor.page.url());
    await other.open();
    expect(await other.textbox.inputValue()).toBe('');
    await visitor.says('Half a sentence and its end');
    await operator.dialog('Half a sentence and its end');
    await visitor.page.reload();
    await visitor.open();
    expect(await visitor.textbox.inputValue()).toBe('');
  });

  test('loses the marks that would show it in another order than it is stored', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.says('photo\u202Egnp.exe');
    const { first } = await operator.dialog('photognp.exe');
    expect(first.content.body).toBe('photognp.exe');
  });

  test('has a limit, counted in characters, that is said in a sentence', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.says('🙂'.repeat(513));
    await visitor.window.getByText('The message is too long by 1 character. The limit is 512.').waitFor();
    expect(await visitor.log.getByRole('article').count()).toBe(0);
    expect(await visitor.textbox.inputValue()).toHaveLength(2 * 513);
    await visitor.says('🙂'.repeat(512));
    await operator.dialog('🙂'.repeat(512));
  });

  test('keeps its lines and opens its links in a new tab', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.textbox.fill('First line');
    await visitor.textbox.press('Shift+Enter');
    await visitor.textbox.pressSequentially('see https://glina.example/bowl?a=1');
    await visitor.textbox.press('Enter');
    await operator.dialog('First line\nsee https://glina.example/bowl?a=1');
    const link = visitor.message('First line').getByRole('link', { name: 'https://glina.example/bowl?a=1' });
    await link.waitFor();
    expect(await link.getAttribute('target')).toBe('_blank');
    expect(await link.getAttribute('rel')).toContain('noopener');
  });
});
