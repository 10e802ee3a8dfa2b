import type { Dialog } from './stack/dialog';
import { fill } from './stack/fill';
import { describe, eventually, expect, meet, screenshot, test } from './stack/fixtures';
import type { Operator } from './stack/operator';
import type { Facts } from './stack/start';
import type { Visitor } from './stack/visitor';

const thousands = 5000;

/** A dialog of years: its first message, one of the operator's, and thousands more; the page is opened anew. */
async function long(visitor: Visitor, operator: Operator, facts: Facts, messages = thousands): Promise<{ dialog: Dialog; second: string }> {
  // The operator meets each visitor by these words.
  const dialog = await meet(visitor, operator, `The very first message of ${messages}`);
  const second = await dialog.says('The very second message');
  await visitor.sees('The very second message');
  await fill(facts, dialog, messages);
  await visitor.page.reload();
  await visitor.open();
  await visitor.sees(new RegExp(`^.*Message ${messages}\\b`, 's'));
  return { dialog, second };
}

/** What is drawn: the numbers of the messages, their elements, and all elements of the window. */
async function drawn(visitor: Visitor): Promise<{ numbers: number[]; seen: number[]; nodes: number }> {
  return visitor.messages.evaluate((scroller) => {
    const numbers: number[] = [];
    const seen: number[] = [];
    const view = scroller.getBoundingClientRect();
    for (const e of scroller.querySelectorAll('article')) {
      const n = Number(/Message (\d+)/.exec(e.textContent ?? '')?.[1] ?? 0);
      const box = e.getBoundingClientRect();
      numbers.push(n);
      if (box.bottom > view.top && box.top < view.bottom) seen.push(n);
    }
    return { numbers, seen, nodes: scroller.querySelectorAll('*').length };
  });
}

/** Scrolls up until the journal's first message is here; tells how far what was seen has jumped on the way, at most, in CSS pixels. */
async function loadAll(visitor: Visitor): Promise<number> {
  const earlier = visitor.messages.getByRole('button', { name: 'Earlier messages' });
  await earlier.waitFor();
  let most = 0;
  while ((await earlier.count()) > 0) {
    const jump = await visitor.messages.evaluate(async (scroller) => {
      scroller.scrollTop = 0;
      await new Promise(requestAnimationFrame);
      const view = scroller.getBoundingClientRect().top;
      const seen = [...scroller.querySelectorAll('article')].find((e) => e.getBoundingClientRect().bottom > view);
      // Its lower edge: the author's name above it goes when an earlier message of the same one comes.
      const before = seen?.getBoundingClientRect().bottom ?? 0;
      const height = scroller.scrollHeight;
      for (const began = performance.now(); scroller.scrollHeight === height && performance.now() - began < 10_000; ) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      return seen?.isConnected ? Math.abs(seen.getBoundingClientRect().bottom - before) : Infinity;
    });
    most = Math.max(most, jump);
  }
  return most;
}

/** Scrolls to a place between the beginning, 0, and the end, 1, and waits until nothing moves. */
async function scrollTo(visitor: Visitor, where: number): Promise<void> {
  await visitor.messages.evaluate(async (scroller, part) => {
    scroller.scrollTop = (scroller.scrollHeight - scroller.clientHeight) * part;
    for (let still = 0, at = -1; still < 4; still = scroller.scrollTop === at ? still + 1 : 0) {
      at = scroller.scrollTop;
      await new Promise((done) => requestAnimationFrame(done));
    }
  }, where);
}

const rising = (numbers: number[]): boolean => numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) + 1);

describe('Five thousand messages', { timeout: 240_000 }, () => {
  test('come in pages without a jump, and only those near the eye are drawn', async ({ visitor, operator, facts }) => {
    const { dialog, second } = await long(visitor, operator, facts);
    expect(await loadAll(visitor)).toBeLessThan(2);

    for (const where of [0.5, 0.1, 0.9, 0.33, 0, 0.77, 1]) {
      await scrollTo(visitor, where);
      const { numbers, seen, nodes } = await drawn(visitor);
      expect(numbers.length, `drawn at ${where}`).toBeLessThan(320);
      expect(nodes).toBeLessThan(8000);
      expect(seen.length, `seen at ${where}`).toBeGreaterThan(3);
      expect(rising(seen.filter((n) => n > 0)), `what is seen at ${where}: ${seen.join()}`).toBe(true);
      expect(numbers.toSorted((a, b) => a - b), 'the order').toEqual(numbers);
      // The place is the message's: pixel for pixel there is more of the same above and below.
      const middle = seen[Math.floor(seen.length / 2)] ?? 0;
      expect(Math.abs(middle / thousands - where)).toBeLessThan(0.06);
    }
    await screenshot(visitor, 'history-end');

    // What happens to messages that are not drawn is seen when they are.
    expect(await visitor.message('The very second message').count()).toBe(0);
    await dialog.edits(second, 'The second message, put right');
    await dialog.reacts(dialog.first.event_id, '👍');
    await dialog.says('Still here');
    await visitor.sees('Still here');
    await scrollTo(visitor, 0);
    await visitor.sees('The second message, put right');
    await visitor.message('The very first message').getByRole('button', { name: /👍/ }).waitFor();
    await dialog.removes(second);
    await visitor.message('Message removed').waitFor();
    await screenshot(visitor, 'history-start');

    await visitor.page.getByRole('button', { name: /To the newest messages/ }).click();
    await visitor.sees('Still here');
    await eventually(async () => (await drawn(visitor)).seen.includes(thousands), 'the newest in view', true);
  });

  test('a message that has the focus stays, and the keys go on from it', async ({ visitor, operator, facts }) => {
    await long(visitor, operator, facts, 400);
    await loadAll(visitor);
    await scrollTo(visitor, 0.5);
    const { seen } = await drawn(visitor);
    const middle = seen[2] ?? 0;
    const button = visitor.message(new RegExp(`Message ${middle}\\b`)).getByRole('button', { name: 'Message actions' });
    await button.focus();
    await scrollTo(visitor, 1);
    expect(await button.evaluate((b) => (b.getRootNode() as ShadowRoot).activeElement === b)).toBe(true);
    await visitor.page.keyboard.press('Tab');
    await eventually(async () => (await drawn(visitor)).seen.includes(middle + 1), 'the next message in view', true);
    // Where nothing of it is left, it goes.
    await visitor.textbox.focus();
    await scrollTo(visitor, 0);
    await eventually(async () => (await drawn(visitor)).numbers.includes(middle), 'the message', false);
  });

  test('what a message answers is found, however old it is', async ({ visitor, operator, facts }) => {
    const { dialog } = await long(visitor, operator, facts, 500);
    await dialog.replies(dialog.first.event_id, 'About what you said in the beginning');
    const answer = await visitor.sees('About what you said in the beginning');
    await screenshot(visitor, 'history-quote');
    await answer.getByRole('button', { name: 'Go to the original message' }).click();
    // The answer quotes it, and stands below.
    const first = visitor.message('The very first message').first();
    await first.waitFor();
    await eventually(() => first.evaluate((e) => (e.getRootNode() as ShadowRoot).activeElement === e), 'the focus on it', true);
    const box = await first.boundingBox();
    const view = await visitor.messages.boundingBox();
    expect(box && view && box.y >= view.y && box.y + box.height <= view.y + view.height).toBe(true);
    expect((await drawn(visitor)).numbers.length).toBeLessThan(320);
  });
});

/** The first message in view that is seen whole, and where it ends, in CSS pixels of the viewport. */
async function firstSeen(visitor: Visitor): Promise<{ text: string; bottom: number }> {
  return visitor.messages.evaluate((scroller) => {
    const { top } = scroller.getBoundingClientRect();
    const seen = [...scroller.querySelectorAll('article')].find((e) => e.getBoundingClientRect().top > top);
    return { text: seen?.querySelector('.text')?.textContent ?? '', bottom: seen?.getBoundingClientRect().bottom ?? 0 };
  });
}

/** Browsers scroll by whole pixels, and lines need not be as high as that. */
async function staysAt(visitor: Visitor, before: { text: string; bottom: number }, why?: string): Promise<void> {
  const { text, bottom } = await firstSeen(visitor);
  expect(text, why).toBe(before.text);
  expect(Math.abs(bottom - before.bottom), why).toBeLessThan(1);
}

describe('Who reads what was said before', { timeout: 120_000 }, () => {
  test('stays there when messages above change', async ({ visitor, operator, facts }) => {
    const { dialog, second } = await long(visitor, operator, facts, 60);
    await loadAll(visitor);
    await scrollTo(visitor, 0.5);
    const before = await firstSeen(visitor);
    await dialog.reacts(dialog.first.event_id, '👍');
    await visitor.message('The very first message').getByRole('button', { name: /👍/ }).waitFor();
    await staysAt(visitor, before);
    await dialog.edits(second, 'The second message\nhas grown\nby lines');
    await visitor.sees('by lines');
    await staysAt(visitor, before);
    await dialog.removes(second);
    await visitor.message('Message removed').waitFor();
    await staysAt(visitor, before);
  });

  test('stays there when the dialog becomes a long one', async ({ visitor, operator, facts }) => {
    const { dialog, second } = await long(visitor, operator, facts, 145);
    await dialog.replies(second, 'As said in the beginning');
    await (await visitor.sees('As said in the beginning')).getByRole('button', { name: 'Go to the original message' }).click();
    await visitor.message('The very first message').first().waitFor();
    await scrollTo(visitor, 0.5);
    const before = await firstSeen(visitor);
    for (const text of ['One more', 'And another', 'A third', 'And the last']) {
      // oxlint-disable-next-line no-await-in-loop
      await dialog.says(text);
      // oxlint-disable-next-line no-await-in-loop
      await visitor.message(text).waitFor({ state: 'attached' });
      // oxlint-disable-next-line no-await-in-loop
      await staysAt(visitor, before, text);
    }
  });
});
