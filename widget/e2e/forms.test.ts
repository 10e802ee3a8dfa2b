import { once } from 'node:events';
import type { BrowserContext } from 'playwright-core';
import { faults } from './stack/axe';
import { hide } from './stack/attention';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import { linkFrom, OwnPage } from './stack/panel';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** A raw frame with what was filled in. */
const filledIn = (cid: string, values: unknown, id = 'start'): object => ({ t: 'form', cid, id, values });

/** What the listeners of the page have kept. */
const rated = (visitor: Visitor): Promise<unknown> => visitor.page.evaluate('window.rated');

/** A page of the shop with the chat of another of the demo's sites, with its window open. */
async function of(site: string, context: BrowserContext, facts: Facts, path = ''): Promise<Visitor> {
  await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/${site}.js` }));
  const visitor = new Visitor(await context.newPage());
  await visitor.page.goto(facts.visitor_url + path);
  await visitor.launcher.click();
  await visitor.window.waitFor();
  return visitor;
}

describe('A form before the talk', () => {
  test('has the right fields, and says what is wrong by each', async ({ profiles, facts }) => {
    const visitor = await of('forms', await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const { page, window } = visitor;
    const form = window.getByRole('form', { name: 'Please introduce yourself' });
    await form.waitFor();
    expect(await visitor.textbox.count()).toBe(0);
    const [name, mail, tel] = [form.getByLabel('Name'), form.getByLabel('E-mail address'), form.getByLabel(/Phone number/)];
    await eventually(() => name.evaluate((e) => e.matches(':focus')), 'the focus in the first field', true);
    expect([await name.getAttribute('autocomplete'), await mail.getAttribute('type'), await mail.getAttribute('autocomplete'), await tel.getAttribute('inputmode')]).toEqual(['name', 'email', 'email', 'tel']);
    await mail.fill('ann@example');
    await tel.fill('twelve');
    await form.getByRole('button', { name: 'Start the chat' }).click();
    const told = async (field: typeof name): Promise<string | null> => page.locator(`#${await field.getAttribute('aria-describedby')}`).textContent();
    expect([await told(name), await told(mail), await told(tel)]).toEqual(['Please fill this in.', 'This does not look like an e-mail address.', 'This does not look like a phone number.']);
    expect([await name.getAttribute('aria-invalid'), await name.evaluate((e) => e.matches(':focus'))]).toEqual(['true', true]);
    await screenshot(visitor, 'form-faults');
    expect(await faults(visitor)).toEqual([]);
  });

  test('keeps what is half filled in, and is read by operators as one word', async ({ profiles, operator, facts }) => {
    const visitor = await of('forms', await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const { page, window } = visitor;
    const form = window.getByRole('form', { name: 'Please introduce yourself' });
    const [name, mail] = [form.getByLabel('Name'), form.getByLabel('E-mail address')];
    await name.fill('Ann Filled');
    await mail.fill('ann@example.com');
    await form.getByLabel(/What is it about/).selectOption('An order');

    await page.reload();
    await visitor.launcher.click();
    await form.waitFor();
    expect([await name.inputValue(), await mail.inputValue()]).toEqual(['Ann Filled', 'ann@example.com']);
    await form.getByLabel(/Send me news/).check();
    await form.getByRole('button', { name: 'Start the chat' }).click();
    await visitor.textbox.waitFor();
    await eventually(() => page.evaluate("sessionStorage.getItem('anteroom.forms.form')"), 'what was filled in has left the tab', '');
    await visitor.says('Where is my order from the form?');
    const dialog = await operator.dialog('Where is my order from the form?');
    const notice = await dialog.event('the form', (e) => !!e.content.body?.includes('filled in the form'));
    expect(notice.content.body).toBe('The visitor filled in the form:\n- Name: Ann Filled\n- E-mail: ann@example.com\n- What is it about?: An order\n- Send me news: ✓');
    expect(notice.content.msgtype).toBe('m.notice');
    expect(await dialog.asks('!visitor')).toMatch(/Ann Filled[^]*ann@example\.com/);
    expect(await visitor.window.getByRole('form', { name: 'Please introduce yourself' }).count()).toBe(0);
  });

  test('does not ask what the page says of its visitor meanwhile', async ({ profiles, facts }) => {
    const visitor = await of('forms', await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const form = visitor.window.getByRole('form', { name: 'Please introduce yourself' });
    await form.getByLabel('Name').waitFor();
    await visitor.page.evaluate("Anteroom.identify({ name: 'Kim', email: 'kim@example.com' })");
    await form.getByLabel('Name').waitFor({ state: 'detached' });
    expect([await form.getByLabel('E-mail address').count(), await form.getByLabel(/Phone number/).count()]).toEqual([0, 1]);
  });

  test('that the bridge refuses is there again with what was typed, and the fault is told', async ({ profiles, operator, facts }) => {
    const visitor = await of('forms', await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const form = visitor.window.getByRole('form', { name: 'Please introduce yourself' });
    const [name, mail] = [form.getByLabel('Name'), form.getByLabel('E-mail address')];
    const again = async (address: string): Promise<void> => {
      await mail.fill(address);
      await form.getByRole('button', { name: 'Start the chat' }).click();
    };
    await name.fill('Anna Twice');
    // The field lets these through, the bridge does not.
    for (const address of ['anna@gmail..com', 'anna@gmail.1']) {
      await again(address);
      const told = visitor.window.getByText('Something in the form could not be understood.');
      await told.waitFor();
      await form.waitFor();
      expect([await name.inputValue(), await mail.inputValue(), await visitor.textbox.count()]).toEqual(['Anna Twice', address, 0]);
      await visitor.window.getByRole('button', { name: 'Dismiss' }).click();
      await told.waitFor({ state: 'detached' });
    }
    await again('anna@gmail.com');
    await visitor.textbox.waitFor();
    await visitor.says('With the right address');
    const dialog = await operator.dialog('With the right address');
    expect(await dialog.asks('!visitor')).toMatch(/Anna Twice[^]*anna@gmail\.com/);
  });

  test('that comes late finds what was written before it, and sends that with itself', async ({ profiles, operator, facts }) => {
    const context = await profiles.fresh({ reducedMotion: 'reduce' });
    const come = new AbortController();
    const late = once(come.signal, 'abort');
    await context.route(/\/flow-[^/]*\.js/, async (route) => {
      await late;
      await route.continue();
    });
    const visitor = await of('forms', context, facts);
    // Nobody is to be interrupted; but should the form not come at all, whoever wants to write can.
    expect(await visitor.textbox.isVisible()).toBe(false);
    // Until then keys press nothing.
    expect(await visitor.window.evaluate((e) => e.matches(':focus'))).toBe(true);
    // Nor does it go from under who has emptied it.
    await visitor.textbox.fill('W');
    await visitor.textbox.fill('');
    expect(await visitor.textbox.evaluate((e) => e.matches(':focus') && getComputedStyle(e).visibility)).toBe('visible');
    await visitor.textbox.blur();
    expect(await visitor.textbox.isVisible()).toBe(true);
    await visitor.says('Written before the form');
    await visitor.window.getByText('Please fill in the form first.').waitFor();
    come.abort();
    const form = visitor.window.getByRole('form', { name: 'Please introduce yourself' });
    await form.getByLabel('Name').fill('Early');
    await form.getByLabel('E-mail address').fill('early@example.com');
    await form.getByRole('button', { name: 'Start the chat' }).click();
    await operator.dialog('Written before the form');
    await visitor.seesState('Written before the form', /Sent|Seen/);
    expect(await visitor.window.getByText('Please fill in the form first.').count()).toBe(0);
  });

  test('other ways to reach the site stand beside it, until the visitor has written', async ({ profiles, facts }) => {
    const visitor = await of('forms', await profiles.fresh(), facts);
    const ways = visitor.window.getByRole('navigation', { name: 'Other ways to reach us' });
    await ways.waitFor();
    const links = await ways.getByRole('link').evaluateAll((all) => all.map((a) => [a.textContent, a.getAttribute('href'), a.getAttribute('rel')]));
    const rel = 'noopener noreferrer nofollow';
    expect(links).toEqual([
      ['Telegram', 'https://t.me/glina_shop', rel],
      ['WhatsApp', 'https://wa.me/442079460000', rel],
      ['E-mail', 'mailto:hello@glina.example', rel],
      ['Call', 'tel:+442079460001', rel],
      ['Help centre', 'https://glina.example/help', rel],
    ]);
  });

  test('cannot be passed by a raw frame; a form with a wrong answer is refused', async ({ facts }) => {
    const origin = { origin: new URL(facts.visitor_url).origin };
    const secret = 'F'.repeat(43);
    const answers = async (...frames: object[]): Promise<string[]> => {
      const answer = await fetch(`${facts.public_url}/v1/forms/frames`, { method: 'POST', headers: origin, body: JSON.stringify({ hello: { t: 'hello', secret }, frames }) });
      const told = (await answer.json()) as { frames: { t: string; code?: string }[] };
      return told.frames.filter(({ t }) => t === 'ack' || t === 'error').map(({ t, code }) => code ?? t);
    };
    const message = { t: 'message', cid: 'raw-message-1', text: 'let me in' };
    expect(await answers(message, { ...message, cid: 'raw-message-2', answer: { entry: 'nothing', button: 0 } })).toEqual(['form_needed', 'form_needed']);

    const good = { name: 'Raw', email: 'raw@example.com' };
    expect(
      await answers(
        filledIn('raw-form-01', {}),
        filledIn('raw-form-02', { ...good, email: 'nobody' }),
        filledIn('raw-form-03', { ...good, topic: '7' }),
        filledIn('raw-form-04', { ...good, phone: 'x'.repeat(5000) }),
        filledIn('raw-form-05', good, 'handoff'),
        filledIn('raw-form-06', 'all'),
        message,
      ),
    ).toEqual(['bad_form', 'bad_form', 'bad_form', 'bad_form', 'bad_form', 'bad_frame', 'form_needed']);
    expect(await answers(filledIn('raw-form-07', { ...good, unknown: 'is passed over' }), filledIn('raw-form-07', good))).toEqual(['ack', 'ack']);
    // After so much nonsense it has to wait a moment.
    await eventually(() => answers(message), 'the message is taken', ['ack']);
  });

  test('on a phone, in Russian, in the dark', async ({ profiles, facts }) => {
    const visitor = await of('forms', await profiles.fresh({ ...phone, colorScheme: 'dark', locale: 'ru-RU' }), facts, 'ru/');
    await visitor.window.getByRole('form', { name: 'Представьтесь, пожалуйста' }).waitFor();
    await visitor.window.getByLabel(/О чём вопрос/).selectOption('Заказ');
    await screenshot(visitor, 'form-phone-dark-ru');
    expect(await faults(visitor)).toEqual([]);
  });
});

describe('While nobody is there', () => {
  for (const [how, height] of [['', 320], [', with the keyboard open,', 180]] as const) {
    test(`a phone on its side${how} shows what is said of a field`, async ({ profiles, facts }) => {
      const visitor = await of('night', await profiles.fresh({ ...phone, viewport: { width: 667, height: 375 } }), facts);
      const form = visitor.window.getByRole('form', { name: 'Leave us a message, and we will answer' });
      await form.waitFor();
      await visitor.page.setViewportSize({ width: 667, height });
      await form.getByRole('button', { name: 'Send' }).tap();
      const fault = form.getByText('Please fill this in.').first();
      await eventually(
        () => fault.evaluate((said) => {
          const { left, top, bottom } = said.getBoundingClientRect();
          const root = said.getRootNode() as ShadowRoot;
          // Nothing lies over it, and nothing has moved the window's own head away.
          return [top, bottom - 1].every((y) => root.elementFromPoint(left + 5, y) === said) && bottom <= innerHeight && root.querySelector('header')?.getBoundingClientRect().top;
        }),
        'what is said of the first field, and the head over it',
        0,
      );
    });
  }

  test('a form that the bridge refuses has its message in it again, and that goes once', async ({ profiles, operator, facts }) => {
    const visitor = await of('night', await profiles.fresh(), facts);
    const form = visitor.window.getByRole('form', { name: 'Leave us a message, and we will answer' });
    const [mail, text] = [form.getByLabel('E-mail address'), form.getByLabel('Your message')];
    await mail.fill('night@gmail..com');
    await text.fill('Can you glaze at nihgt?');
    await form.getByRole('button', { name: 'Send' }).click();
    await visitor.window.getByText('Something in the form could not be understood.').waitFor();
    await form.waitFor();
    expect([await mail.inputValue(), await text.inputValue()]).toEqual(['night@gmail..com', 'Can you glaze at nihgt?']);
    // It waits in the talk, too.
    await visitor.seesState('Can you glaze at nihgt?', 'Please fill in the form first.');
    await mail.fill('night@gmail.com');
    await text.fill('Can you glaze at night?');
    await form.getByRole('button', { name: 'Send' }).click();
    await visitor.seesState('Can you glaze at night?', 'Sent');
    const dialog = await operator.dialog('Can you glaze at night?');
    expect([await visitor.log.getByRole('article').count(), dialog.texts()]).toEqual([1, ['Can you glaze at night?']]);
  });

  test('name, address and message go in one, and a visitor who is known is not asked again', async ({ profiles, operator, facts }) => {
    const visitor = await of('night', await profiles.fresh(), facts);
    const form = visitor.window.getByRole('form', { name: 'Leave us a message, and we will answer' });
    await form.waitFor();
    await visitor.window.getByText(/^Back /).waitFor();
    await form.getByLabel('E-mail address').fill('night@example.com');
    await form.getByLabel('Your message').fill('Can you fire my pots?');
    await screenshot(visitor, 'form-away');
    expect(await faults(visitor)).toEqual([]);
    await form.getByRole('button', { name: 'Send' }).click();
    await visitor.sees('Can you fire my pots?');
    await visitor.seesState('Can you fire my pots?', 'Sent');
    const dialog = await operator.dialog('Can you fire my pots?');
    await dialog.event('the form', (e) => !!e.content.body?.includes('E-mail: night@example.com'));
    await visitor.textbox.waitFor();
    await visitor.says('And the glaze?');
    await dialog.sees('And the glaze?');
    await visitor.close();
    await visitor.page.reload();
    await visitor.open();
    await eventually(() => visitor.textbox.evaluate((e) => e.matches(':focus')), 'the focus in the message field', true);
    expect(await form.count()).toBe(0);
  });
});

describe('A person', () => {
  test('is one press away while the bot answers; the form of the hand-over comes with it, and the button goes', async ({ profiles, operator, facts }) => {
    const visitor = await of('flows', await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const { window } = visitor;
    const button = window.getByRole('button', { name: 'Talk to a person' });
    await button.waitFor();
    await screenshot(visitor, 'person-button');
    expect(await faults(visitor)).toEqual([]);
    await button.click();
    await visitor.sees('I would like to talk to a person.');
    const dialog = await operator.dialog('I would like to talk to a person.');
    const form = window.getByRole('form', { name: 'A person is on the way. How can we reach you?' });
    await form.waitFor();
    expect(await button.count()).toBe(0);
    // The button went with the focus, which is where it goes on.
    await eventually(() => form.getByLabel('E-mail address').evaluate((e) => e.matches(':focus')), 'the focus in the form', true);
    await form.getByLabel('E-mail address').fill('called@example.com');
    await form.getByRole('button', { name: 'Send' }).click();
    await dialog.event('the form', (e) => !!e.content.body?.includes('E-mail: called@example.com'));
    await window.getByText('We have called a person.').waitFor();
    await dialog.says('Here I am');
    await visitor.sees('Here I am');
    await window.getByText('We have called a person.').waitFor({ state: 'detached' });
    expect(await button.count()).toBe(0);

    // Closed, it is rated by a thumb, once for each closing, and can be changed; the page is told each.
    await visitor.page.evaluate(`window.rated = []; Anteroom.on('rating', (what) => rated.push(what))`);
    await dialog.says('!close');
    await window.getByText('How did we do?').waitFor();
    await window.getByRole('radio', { name: 'Not good' }).check({ force: true });
    await window.getByRole('form', { name: 'How did we do?' }).getByRole('button', { name: 'Send' }).click();
    await dialog.event('the rating', (e) => e.content.body === 'The visitor rated the dialog: 👎');
    await eventually(() => rated(visitor), 'the rating, told to the page', [{ value: 0, max: 1 }]);
    await window.getByRole('button', { name: 'Change' }).click();
    await eventually(() => window.getByRole('radio', { name: 'Not good' }).evaluate((e) => e.matches(':focus')), 'the focus on what was rated', true);
    await window.getByRole('radio', { name: 'Good', exact: true }).check({ force: true });
    await window.getByRole('form', { name: 'How did we do?' }).getByRole('button', { name: 'Send' }).click();
    await dialog.event('the other rating', (e) => e.content.body === 'The visitor changed the rating: 👍');
    await eventually(() => rated(visitor), 'the other rating, told to the page', [{ value: 0, max: 1 }, { value: 1, max: 1 }]);
    expect(await dialog.asks('!visitor')).toContain('Rated the dialog: 1 of 1');
    // What was rated before is not told again; what is said since then is, and comes after it.
    await visitor.page.addInitScript(`
      const heard = (what) => rated.push(what.text ?? what);
      window.rated = [];
      window.Anteroom = { q: ['rating', 'message'].map((name) => ['on', [name, heard], () => {}, () => {}]) };`);
    await visitor.page.reload();
    await window.getByText('Thank you! Your rating:').waitFor();
    await dialog.says('Come again');
    await eventually(() => rated(visitor), 'nothing but what was said', ['Come again']);
  });
});

describe('A rating', () => {
  test('is asked when the dialog is closed, with a word, stays over a reload, and goes when the talk goes on', async ({ profiles, operator, facts }) => {
    const visitor = await of('forms', await profiles.fresh({ viewport: { width: 1280, height: 800 } }), facts);
    const { page, window } = visitor;
    const form = window.getByRole('form', { name: 'Please introduce yourself' });
    await form.getByLabel('Name').fill('Rita');
    await form.getByLabel('E-mail address').fill('rita@example.com');
    await form.getByRole('button', { name: 'Start the chat' }).click();
    await visitor.textbox.waitFor();
    await visitor.says('A question to be rated');
    const dialog = await operator.dialog('A question to be rated');
    await dialog.says('An answer to be rated');
    await visitor.sees('An answer to be rated');
    expect(await window.getByText('How did we do?').count()).toBe(0);
    await dialog.says('!close');
    await window.getByText('How did we do?').waitFor();
    await window.getByRole('radio', { name: '4 out of 5' }).check({ force: true });
    await window.getByLabel(/Would you like to tell us more/).fill('Quick & <b>kind</b>');
    // The stars count by themselves; the word that was begun is there again.
    await dialog.event('the stars', (e) => e.content.body === 'The visitor rated the dialog: ★★★★☆ 4/5');
    await page.reload();
    await visitor.open();
    await eventually(() => window.getByLabel(/Would you like to tell us more/).inputValue(), 'the word that was begun', 'Quick & <b>kind</b>');
    await screenshot(visitor, 'rate-stars');
    expect(await faults(visitor)).toEqual([]);
    await window.getByRole('form', { name: 'How did we do?' }).getByRole('button', { name: 'Send' }).click();
    await window.getByRole('img', { name: '4 out of 5' }).waitFor();
    expect(await page.evaluate("sessionStorage.getItem('anteroom.forms.rate')")).toBe('');
    const notice = await dialog.event('the rating', (e) => !!e.content.body?.startsWith('The visitor said more to the rating'));
    expect([notice.content.body, notice.content.msgtype]).toEqual(['The visitor said more to the rating: ★★★★☆ 4/5\n“Quick & <b>kind</b>”', 'm.notice']);
    await page.reload();
    await visitor.open();
    await window.getByRole('img', { name: '4 out of 5' }).waitFor();
    await screenshot(visitor, 'rated');
    // Operators have it with all else in the panel.
    const card = await OwnPage.open(await profiles.fresh({ viewport: { width: 400, height: 1000 } }), await linkFrom(operator, dialog.id));
    await card.page.getByRole('button', { name: /^Continue as/ }).click();
    const given = (name: string): Promise<string | null> => card.page.locator('.fact', { hasText: name }).textContent();
    await card.page.getByText('Quick & <b>kind</b>').waitFor();
    expect(await given('Form before the dialog')).toMatch(/Name: Rita.*E-mail: rita@example\.com/);
    expect(await given('Rated 4 of 5')).toContain('Quick & <b>kind</b>');
    await card.picture('given');
    expect(await card.faults()).toEqual([]);
    await card.page.close();
    await visitor.says('One more thing');
    await window.getByRole('img', { name: '4 out of 5' }).waitFor({ state: 'detached' });
    await dialog.sees('One more thing');
    // The next closing is another. Most who press a star leave with that.
    await dialog.says('!close');
    await window.getByText('How did we do?').waitFor();
    await window.getByRole('radio', { name: '2 out of 5' }).check({ force: true });
    await hide(page, true);
    await dialog.event('the stars of who looks away', (e) => e.content.body === 'The visitor rated the dialog: ★★☆☆☆ 2/5');
    await hide(page, false);
    await visitor.says('The last thing');
    await dialog.sees('The last thing');
    await dialog.says('!close');
    await window.getByText('How did we do?').waitFor();
    await window.getByRole('radio', { name: '5 out of 5' }).check({ force: true });
    // On some ways of leaving the socket takes nothing more.
    await page.evaluate('WebSocket.prototype.send = () => undefined');
    await page.close({ runBeforeUnload: true });
    await dialog.event('the stars of who left', (e) => e.content.body === 'The visitor rated the dialog: ★★★★★ 5/5');
  });
});
