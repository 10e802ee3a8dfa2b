import type { BrowserContextOptions, Locator } from 'playwright-core';
import { faults } from './stack/axe';
import type { Dialog } from './stack/dialog';
import { picture, textFile } from './stack/files';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import type { Operator } from './stack/operator';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** A talk in which everything that a window can show is shown. */
async function talk(visitor: Visitor, operator: Operator, name: string): Promise<Dialog> {
  const dialog = await meet(visitor, operator, `Hello! Is this bowl still there? https://glina.example/${name}`);
  const answer = await dialog.says('Yes! Two are left: a small and a large one.');
  await dialog.says('They come out of the kiln on Friday.', {
    format: 'org.matrix.custom.html',
    formatted_body: 'They come out of the kiln on <strong>Friday</strong>: <ul><li>12 cm, 28 €</li><li>18 cm, <del>48 €</del> 42 €</li></ul>Your code: <span data-mx-spoiler>for friends only</span><pre><code>GLINA-10</code></pre>',
  });
  await visitor.sees('Two are left');
  await visitor.chooses('Two are left', 'React 👍');
  await visitor.chooses('Two are left', 'Reply');
  await visitor.says('The large one, please.');
  const wish = await dialog.sees('The large one, please.');
  await dialog.reacts(wish.event_id, '👍');
  const glaze = picture('celadon.png', 640, 400, [126, 163, 144]);
  await dialog.sends('m.room.message', {
    msgtype: 'm.image', filename: glaze.name, body: 'This one', url: await operator.upload(glaze.buffer, glaze.name, glaze.mimeType),
    info: { mimetype: glaze.mimeType, size: glaze.buffer.length, w: 640, h: 400 },
  });
  await visitor.attaches(textFile('address.txt', 'Gran'));
  await dialog.sees('address.txt');
  const wrong = await dialog.says('Wrong room');
  await visitor.sees('Wrong room');
  await dialog.removes(wrong);
  await visitor.sees('Message removed');
  await dialog.edits(answer, 'Yes! Two are left: a small one and a large one.');
  await visitor.seesState('a small one', 'edited');
  await dialog.says('Thank you, anything else?');
  await visitor.sees('Thank you, anything else?');
  await dialog.types(true);
  await visitor.window.getByText('Anna is typing…').waitFor();
  return dialog;
}

async function box(of: Locator): Promise<{ x: number; y: number; width: number; height: number }> {
  return (await of.boundingBox()) ?? { x: NaN, y: NaN, width: NaN, height: NaN };
}

describe('By keyboard only', () => {
  test('Enter opens, sends and answers; Escape closes and gives the focus back', async ({ visitor, operator }) => {
    const { page, launcher, textbox } = visitor;
    await eventually(async () => {
      await page.keyboard.press('Tab');
      return launcher.evaluate((e) => e.matches(':focus-visible'));
    }, 'the focus on the launcher', true);
    await page.keyboard.press('Enter');
    await textbox.waitFor();
    await eventually(() => textbox.evaluate((e) => e.matches(':focus')), 'the focus in the text box', true);
    await page.keyboard.type('No mouse here');
    await page.keyboard.press('Enter');
    const dialog = await operator.dialog('No mouse here');
    await dialog.says('None needed.');
    const message = await visitor.sees('None needed.');

    const actions = message.getByRole('button', { name: 'Message actions' });
    await eventually(async () => {
      await page.keyboard.press('Shift+Tab');
      return actions.evaluate((e) => e.matches(':focus-visible'));
    }, 'the focus on the actions of the message', true);
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    await eventually(async () => {
      await page.keyboard.press('ArrowDown');
      return page.getByRole('menuitem', { name: 'Reply' }).evaluate((e) => e.matches(':focus'));
    }, 'the focus on "Reply"', true);
    await page.keyboard.press('Enter');
    await visitor.window.getByText('Reply to Anna').waitFor();
    await page.keyboard.type('Good');
    await page.keyboard.press('Enter');
    const reply = await dialog.sees('Good');
    expect(reply.content['m.relates_to']).toHaveProperty('m.in_reply_to');

    await page.keyboard.press('Escape');
    await visitor.window.waitFor({ state: 'hidden' });
    expect(await launcher.evaluate((e) => e.matches(':focus'))).toBe(true);
    expect(await launcher.getAttribute('aria-expanded')).toBe('false');
  });

  test('an emoji is found by its name and sent', async ({ visitor, operator }) => {
    await visitor.open();
    await visitor.window.getByRole('button', { name: 'Emoji', exact: true }).click();
    await visitor.window.getByRole('searchbox', { name: 'Search emoji' }).fill('party');
    await visitor.window.getByRole('button', { name: /party popper/i }).first().click();
    await eventually(() => visitor.textbox.inputValue(), 'the text', '🎉');
    await visitor.textbox.press('Enter');
    await operator.dialog('🎉');
  });
});

describe('In Russian', () => {
  test('a Russian page has a Russian chat', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ locale: 'ru-RU', timezoneId: 'Europe/Moscow' });
    const visitor = await Visitor.visit(context, `${facts.visitor_url}ru/`);
    await visitor.page.getByRole('button', { name: 'Открыть чат' }).click();
    await visitor.page.getByRole('textbox', { name: 'Сообщение' }).waitFor();
    await visitor.window.getByText('Здравствуйте! Спросите о размерах, глазурях или доставке.').waitFor();
    await visitor.says('Есть ли чашки?');
    const dialog = await operator.dialog('Есть ли чашки?');
    await visitor.seesState('Есть ли чашки?', 'Отправлено');
    await dialog.says('Есть, четыре.');
    await visitor.window.getByText('Вам отвечает Anna').waitFor();
    await visitor.window.getByText('Сегодня').waitFor();
    await dialog.types(true);
    await visitor.window.getByText('Anna печатает…').waitFor();
    await dialog.removes(dialog.first.event_id);
    await visitor.sees('Сообщение удалено');
    await screenshot(visitor, 'russian');
    // Not one Latin word but names.
    const words = (await visitor.window.innerText()).match(/[A-Za-z]{2,}/g) ?? [];
    expect(words.filter((word) => word !== 'Anna')).toEqual([]);
  });

  test("a Russian page has a Russian chat, whatever the browser's language is", async ({ profiles, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ locale: 'en-GB' }), `${facts.visitor_url}ru/`);
    await visitor.open();
    await visitor.window.getByText('Здравствуйте!').waitFor();
  });
});

describe('On a phone', () => {
  test('a tap opens the window over the whole screen without the keyboard, and a tap closes it', async ({ profiles, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(phone), facts.visitor_url);
    await visitor.launcher.tap();
    await visitor.textbox.waitFor();
    await eventually(() => visitor.window.boundingBox(), 'the place of the window', { x: 0, y: 0, width: 390, height: 844 });
    expect(await visitor.textbox.evaluate((e) => e.matches(':focus'))).toBe(false);
    await visitor.window.getByRole('button', { name: 'Close', exact: true }).tap();
    await visitor.window.waitFor({ state: 'hidden' });
    await visitor.page.getByRole('link', { name: 'Our glazes' }).tap();
    await visitor.page.waitForURL('**/gallery');
  });
});

describe('Under a keyboard that covers the page, as Safari has it,', () => {
  test('the window stands in what is left to see, wherever that is moved', async ({ profiles, facts }) => {
    const visitor = await (await Visitor.visit(await profiles.fresh(phone), facts.visitor_url)).open();
    const whole = { x: 0, y: 0, width: 390, height: 844 };
    await eventually(() => visitor.window.boundingBox(), 'the place of the window', whole);
    /** The page keeps its size; only the visual viewport has another, and says so. */
    const sees = (seen: object, type: string): Promise<void> =>
      visitor.page.evaluate(
        ([values, name]) => {
          for (const [key, value] of Object.entries(values)) Object.defineProperty(visualViewport, key, { value, configurable: true });
          visualViewport?.dispatchEvent(new Event(name));
        },
        [seen, type] as const,
      );
    await sees({ height: 500 }, 'resize');
    await eventually(() => visitor.window.boundingBox(), 'the window above the keyboard', { ...whole, height: 500 });
    await sees({ offsetTop: 120 }, 'scroll');
    await eventually(() => visitor.window.boundingBox(), 'the window where the page was moved', { ...whole, y: 120, height: 500 });
    const text = await visitor.textbox.boundingBox();
    expect(text && text.y >= 120 && text.y + text.height <= 620).toBe(true);
    await sees({ height: 844, offsetTop: 0 }, 'resize');
    await eventually(() => visitor.window.boundingBox(), 'the window without the keyboard', whole);
  });
});

describe('On a phone that lies on its side', () => {
  test('the window covers the whole screen', async ({ profiles, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh({ ...phone, viewport: { width: 844, height: 390 } }), facts.visitor_url);
    await visitor.launcher.tap();
    await visitor.textbox.waitFor();
    await eventually(() => visitor.window.boundingBox(), 'the place of the window', { x: 0, y: 0, width: 844, height: 390 });
    await screenshot(visitor, 'phone-landscape');
  });

  test('who writes while it is turned goes on writing', async ({ profiles, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(phone), facts.visitor_url);
    await visitor.open();
    await visitor.textbox.tap();
    await visitor.page.setViewportSize({ width: 844, height: 390 });
    await visitor.page.setViewportSize({ width: 844, height: 700 });
    await eventually(() => visitor.window.boundingBox().then((b) => b?.width), 'the width of the window', 384);
    expect(await visitor.textbox.evaluate((e) => e.matches(':focus'))).toBe(true);
  });
});

describe('On a phone with a notch and a bar, whose page reaches under both', () => {
  const sizes = [
    ['standing', { width: 390, height: 844 }, { top: 47, right: 0, bottom: 34, left: 0 }],
    ['lying', { width: 844, height: 390 }, { top: 0, right: 47, bottom: 21, left: 47 }],
  ] as const;
  test.for(sizes)('%s: the button, and all of the window, keep clear of them', async ([name, viewport, insets], { profiles, operator, facts }) => {
    const context = await profiles.fresh({ ...phone, viewport });
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const session = await context.newCDPSession(visitor.page);
    await session.send('Emulation.setSafeAreaInsetsOverride', { insets });
    const clear = async (part: Locator): Promise<readonly boolean[]> => {
      const { x, y, width, height } = await box(part);
      return [y >= insets.top, x + width <= viewport.width - insets.right, y + height <= viewport.height - insets.bottom, x >= insets.left];
    };
    const yes = [true, true, true, true];
    await eventually(async () => (await box(visitor.launcher)).y + (await box(visitor.launcher)).height, 'the foot of the button', viewport.height - 20 - insets.bottom);
    expect(await clear(visitor.launcher)).toEqual(yes);
    await meet(visitor, operator, `Through a notch, ${name}`);
    await visitor.seesState('Through a notch', 'Sent');
    for (const part of [
      visitor.window.getByRole('heading').first(),
      visitor.window.getByRole('button', { name: 'Close', exact: true }),
      visitor.message('Through a notch').getByText('Through a notch'),
      visitor.textbox,
      visitor.window.getByRole('button', { name: 'Send' }),
    ]) expect(await clear(part), String(part)).toEqual(yes);
    await screenshot(visitor, `notch-${name}`);
  });
});

describe('On a page that runs from right to left', () => {
  test('the chat runs from left to right', async ({ visitor, operator }) => {
    await visitor.page.evaluate(() => {
      document.documentElement.dir = 'rtl';
      // It hides far to the left, where such a page goes on.
      document.querySelector('.skip')?.remove();
    });
    const dialog = await meet(visitor, operator, 'Which way?');
    await dialog.says('This way.');
    const [own, theirs, window] = [await box(visitor.message('Which way?').getByText('Which way?')), await box((await visitor.sees('This way.')).getByText('This way.')), await box(visitor.window)];
    expect(own.x).toBeGreaterThan(window.x + window.width / 2);
    expect(theirs.x).toBeLessThan(window.x + window.width / 2);
    const send = await box(visitor.window.getByRole('button', { name: 'Send' }));
    expect(send.x).toBeGreaterThan((await box(visitor.textbox)).x);
    await screenshot(visitor, 'rtl-page');
  });
});

describe('Everywhere', () => {
  const looks: readonly (readonly [string, BrowserContextOptions])[] = [
    ['light', {}],
    ['dark', { colorScheme: 'dark' }],
    ['phone', phone],
    ['phone-dark', { ...phone, colorScheme: 'dark' }],
  ];
  test.for(looks)('%s: the window looks as it should, and axe finds no fault in it', async ([name, options], { profiles, operator, facts }) => {
    const visitor = await Visitor.visit(await profiles.fresh(options), facts.visitor_url);
    await screenshot(visitor, `${name}-closed`);
    expect(await faults(visitor)).toEqual([]);
    await talk(visitor, operator, name);
    await screenshot(visitor, name);
    expect(await faults(visitor)).toEqual([]);
    await visitor.window.getByRole('button', { name: 'Emoji', exact: true }).click();
    await visitor.window.getByRole('searchbox', { name: 'Search emoji' }).waitFor();
    await screenshot(visitor, `${name}-emoji`);
    expect(await faults(visitor)).toEqual([]);
    await visitor.page.keyboard.press('Escape');
    await visitor.message('Thank you, anything else?').getByRole('button', { name: 'Message actions' }).click();
    await visitor.page.getByRole('menuitem', { name: 'Reply' }).waitFor();
    await screenshot(visitor, `${name}-menu`);
    // What is under the menu must not shine through.
    expect(await visitor.page.getByRole('menu').evaluate((e) => getComputedStyle(e).backgroundColor)).toMatch(/^rgb\(/);
    const message = visitor.message('This one');
    const [image, words, when] = [await box(message.getByRole('img')), await box(message.getByText('This one')), await box(message.getByRole('time'))];
    expect(image.x, 'the picture fills its bubble').toBeLessThan(words.x);
    expect(image.x + image.width).toBeGreaterThan(when.x + when.width);
    const menu = await box(visitor.page.getByRole('menu'));
    expect(menu.y + menu.height).toBeLessThan((await box(visitor.textbox)).y - 10);
    expect(menu.y).toBeGreaterThan((await box(visitor.messages)).y);
    const short = visitor.message('Thank you, anything else?');
    const [text, time] = [await box(short.getByText('Thank you, anything else?')), await box(short.getByRole('time'))];
    expect(time.x, 'the time stands beside a short text').toBeGreaterThan(text.x + text.width);
    expect(await faults(visitor)).toEqual([]);
    const [red = 0] = await visitor.window.evaluate((e) => getComputedStyle(e).backgroundColor.match(/\d+/g)?.map(Number) ?? []);
    if (options.colorScheme === 'dark') expect(red).toBeLessThan(64);
    else expect(red).toBeGreaterThan(240);
  });
});
