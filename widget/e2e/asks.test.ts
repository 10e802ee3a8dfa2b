import type { Locator } from 'playwright-core';
import { picture } from './stack/files';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** What tells a phone which keyboard or picker to show, and what it may fill in by itself. */
const hints = ['type', 'inputmode', 'autocomplete', 'autocapitalize', 'min', 'max', 'step', 'placeholder'] as const;
type Hints = Partial<Readonly<Record<(typeof hints)[number], string>>>;

const hintsOf = (field: Locator): Promise<Hints> =>
  field.evaluate((e, names) => Object.fromEntries(names.flatMap((name) => (e.getAttribute(name) ? [[name, e.getAttribute(name)]] : []))), hints);

interface Asked {
  readonly question: string;
  readonly label: string;
  readonly hints: Hints;
  /** What does not fit, and what is said of it. */
  readonly wrong?: readonly [string, string];
  readonly typed: string;
  /** What the visitor's message says. */
  readonly said: string;
}

/** The questions of e2e/chains/asks.yaml, but for the last. */
const questions: readonly Asked[] = [
  { question: 'Where may we call you?', label: 'Phone number', hints: { type: 'tel', inputmode: 'tel', autocomplete: 'tel' }, typed: '+44 20 7946 0000', said: '+44 20 7946 0000' },
  { question: 'Where may we write to you?', label: 'E-mail address', hints: { type: 'email', inputmode: 'email', autocomplete: 'email' }, wrong: ['anna@', 'This does not look like an e-mail address.'], typed: 'anna@example.com', said: 'anna@example.com' },
  { question: 'What is the address of your shop?', label: 'Web address', hints: { type: 'text', inputmode: 'url', autocomplete: 'url', autocapitalize: 'none' }, typed: 'glina.example/shop', said: 'glina.example/shop' },
  { question: 'Which day suits you?', label: 'Date', hints: { type: 'date', min: '2031-01-10', max: '2031-12-20' }, wrong: ['2031-01-09', 'Not before 10 January 2031, please.'], typed: '2031-12-01', said: '1 December 2031' },
  { question: 'At what time?', label: 'Time', hints: { type: 'time', min: '09:00', max: '18:30' }, wrong: ['18:31', 'Not after 18:30, please.'], typed: '15:05', said: '15:05' },
  { question: 'How wide is the shelf?', label: 'Number', hints: { type: 'number', inputmode: 'decimal', step: 'any', min: '0' }, wrong: ['-1', 'It has to be 0 or more.'], typed: '1.25', said: '1.25' },
  // The keyboard of digits has no minus on phones.
  { question: 'How cold does it get there?', label: 'Number', hints: { type: 'number', step: 'any' }, typed: '-7.5', said: '-7.5' },
  { question: 'How many boxes fit?', label: 'Whole number', hints: { type: 'number', inputmode: 'numeric', step: '1', min: '1', max: '40' }, wrong: ['2.5', 'Only whole numbers fit here.'], typed: '12', said: '12' },
  { question: 'Which order is it for?', label: 'Your answer', hints: { type: 'text', placeholder: 'G-12' }, typed: 'G-31', said: 'G-31' },
  { question: 'What shall stand on the card?', label: 'Your answer', hints: {}, typed: 'For Mia', said: 'For Mia' },
];

describe('What a chain asks', () => {
  test('has the keyboard or the picker for each kind of answer, says what does not fit, and comes to the bot as it was meant', { timeout: 180_000 }, async ({ profiles, facts, operator }) => {
    const context = await profiles.fresh(phone);
    await context.route(`**/widget/${facts.site}.js`, (route) => route.continue({ url: `${facts.public_url}/widget/guide.js` }));
    const visitor = await Visitor.visit(context, facts.visitor_url);
    const { window } = visitor;
    await visitor.open();
    await visitor.says('questionnaire');
    const dialog = await operator.dialog('questionnaire');
    for (const { question, label, hints: right, wrong, typed, said } of questions) {
      const form = window.getByRole('form', { name: question });
      const field = form.getByLabel(label);
      await field.waitFor();
      expect([question, await hintsOf(field)]).toEqual([question, right]);
      // A field with small letters would be zoomed to by an iPhone.
      expect(await field.evaluate((e) => Number.parseFloat(getComputedStyle(e).fontSize))).toBeGreaterThanOrEqual(16);
      if (wrong) {
        await field.fill(wrong[0]);
        await form.getByRole('button', { name: 'Send' }).tap();
        await form.getByText(wrong[1]).waitFor();
      }
      await field.fill(typed);
      await form.getByRole('button', { name: 'Send' }).tap();
      await dialog.sees(said);
    }
    const form = window.getByRole('group', { name: 'How does the shelf look?' });
    await form.getByRole('button', { name: 'Choose a file' }).waitFor();
    await screenshot(visitor, 'ask-file');
    const chooser = visitor.page.waitForEvent('filechooser');
    await form.getByRole('button', { name: 'Choose a file' }).tap();
    expect((await chooser).isMultiple()).toBe(false);
    await (await chooser).setFiles([picture('shelf.png', 40, 30, [120, 90, 60])]);
    await dialog.sees('shelf.png');
    await visitor.sees('+442079460000, anna@example.com, https://glina.example/shop, 1 December 2031, 15:05, 1.25, -7.5, 12, G-31, For Mia.');
    // All that did not fit was told by the field, and went nowhere.
    expect(dialog.texts()).toEqual(['questionnaire', ...questions.map(({ said }) => said), 'shelf.png']);
    await eventually(() => window.getByRole('form').count(), 'the forms that are left', 0);
  });
});
