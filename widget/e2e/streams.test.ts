import type { BrowserContext } from 'playwright-core';
import { faults } from './stack/axe';
import { Endpoint, words } from './stack/endpoint';
import { assisted, growing } from './stack/assisted';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import type { Visitor } from './stack/visitor';

const answer =
  'We pack on Mondays and Thursdays, and the post takes three to five days [1]. Above fifty euros you pay nothing for that, and the parcel comes with a number to follow it by on its way to you [1].';
const plain = answer.replaceAll(' [1]', '');
/** After so many words the endpoint holds the rest back. The last ones are not shown: they may yet become a run of the instruction. */
const held = 24;
const half = 'We pack on Mondays and Thursdays, and the post takes three to five days. Above fifty euros you pay nothing';

/** Lets a tab's network be slow: each answer takes its time, and little goes through at once. */
async function slow(context: BrowserContext, visitor: Visitor): Promise<void> {
  const devtools = await context.newCDPSession(visitor.page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 20_000, uploadThroughput: 20_000 });
  // What was connected before is not slowed down.
  await visitor.page.reload();
  await visitor.open();
}

/** Every text that a reply has had while it grew, in the order of their coming. */
async function watch(visitor: Visitor): Promise<() => Promise<string[]>> {
  await visitor.page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(document, { seen });
    const root = document.querySelector('anteroom-chat')?.shadowRoot;
    new MutationObserver(() => {
      const text = root?.querySelector('article[aria-hidden=true] .text')?.textContent ?? '';
      if (text && text !== seen.at(-1)) seen.push(text);
    }).observe(root as Node, { childList: true, characterData: true, subtree: true });
  });
  return () => visitor.page.evaluate(() => (document as unknown as { seen: string[] }).seen);
}

describe('A reply as it is written', () => {
  test('is cut by an operator in all tabs alike, is marked, and stays so', async ({ profiles, facts, operator }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const context = await profiles.fresh();
    const first = await assisted(context, facts);
    await first.open();
    const second = await assisted(context, facts);
    await second.open();
    await endpoint.script({ pieces: words(answer), held_after: held });
    await first.says('How long is the way?');
    for (const tab of [first, second]) await expect.poll(() => growing(tab), { timeout: 15_000 }).toBe(half);
    const dialog = await operator.dialog('How long is the way?');
    await dialog.says('Anna here, I take over.');
    const told = [/How long is the way/, /^A Assistant We pack on Mondays.* Interrupted Sources: Delivery$/, /Anna here/];
    for (const tab of [first, second]) {
      await tab.sees('Anna here');
      await eventually(() => growing(tab), 'what is being written', '');
      const cut = await tab.sees(half);
      await cut.getByText('Interrupted').waitFor();
    }
    await endpoint.release();
    for (const tab of [first, second]) {
      const now = await tab.transcript();
      expect(now).toHaveLength(told.length);
      for (const [i, line] of told.entries()) expect(now[i]).toMatch(line);
    }
    const before = await first.transcript();
    expect(await second.transcript()).toEqual(before);
    for (const tab of [first, second]) {
      await tab.page.reload();
      await tab.open();
      await (await tab.sees(half)).getByText('Interrupted').waitFor();
      expect(await tab.transcript()).toEqual(before);
    }
  });

  test('goes on after a reload in midstream, and ends as one message', async ({ profiles, facts }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const visitor = await assisted(await profiles.fresh(), facts);
    await visitor.open();
    await endpoint.script({ pieces: words(answer), held_after: held });
    await visitor.says('How long is the way?');
    await expect.poll(() => growing(visitor), { timeout: 15_000 }).toBe(half);
    await visitor.page.reload();
    await visitor.open();
    await eventually(() => growing(visitor), 'what is shown after the reload', half);
    await endpoint.release();
    await visitor.sees(plain);
    await eventually(() => growing(visitor), 'what is being written', '');
    expect(await visitor.message('We pack on Mondays').count()).toBe(1);
    expect(await visitor.transcript()).toHaveLength(2);
  });

  test.for(['all', 'no sockets'] as const)('comes in order and complete through a slow network that passes %s', async (passing, { profiles, facts, network }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    network.pass(passing);
    profiles.expectErrors(/WebSocket|ERR_/);
    const context = await profiles.fresh({ proxy: network.proxy });
    const visitor = await assisted(context, facts);
    await slow(context, visitor);
    const seen = await watch(visitor);
    await endpoint.script({ pieces: words(answer), every: 100_000_000 });
    await visitor.says('How long is the way?');
    await visitor.sees(plain);
    await eventually(() => growing(visitor), 'what is being written', '');
    const steps = await seen();
    // It grew while it was written, and each step went on with the one before.
    expect(steps.length).toBeGreaterThan(1);
    for (const [i, step] of steps.entries()) {
      expect(plain.startsWith(step)).toBe(true);
      expect(step.length).toBeGreaterThan(steps[i - 1]?.length ?? 0);
    }
    expect(await visitor.message('We pack on Mondays').count()).toBe(1);
  });
});

describe('A translated talk', () => {
  test('shows the operator’s words in the visitor’s language, and as they were written on demand', async ({ profiles, facts, operator }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const context = await profiles.fresh({ locale: 'ru-RU', timezoneId: 'Europe/Moscow' });
    const visitor = await assisted(context, facts, 'ru/');
    await visitor.page.getByRole('button', { name: 'Открыть чат' }).click();
    await endpoint.script({ pieces: ['Сейчас спрошу.'] });
    await visitor.says('Когда придёт чайник?');
    await visitor.sees('Сейчас спрошу.');
    const dialog = await operator.dialog('Когда придёт чайник?');
    await dialog.says('One moment.');
    await visitor.sees('One moment.');
    await dialog.asks('!translate on ru');
    await endpoint.script({ pieces: ['Он придёт {1}завтра{/1}. Следите {2}здесь{/2}.'] });
    await dialog.says('It comes **tomorrow**. Follow it [here](https://glina.example/way).', {
      format: 'org.matrix.custom.html',
      formatted_body: 'It comes <b>tomorrow</b>. Follow it <a href="https://glina.example/way">here</a>.',
    });
    const message = await visitor.sees('Он придёт завтра. Следите здесь.');
    expect(await message.locator('b').innerText()).toBe('завтра');
    expect(await message.getByRole('link', { name: 'здесь' }).getAttribute('href')).toBe('https://glina.example/way');
    expect(await message.getByText('It comes').count()).toBe(0);
    await message.getByText('Переведено').waitFor();
    await message.getByRole('button', { name: 'показать оригинал' }).click();
    await message.getByText('It comes tomorrow. Follow it here.').waitFor();
    await message.getByRole('button', { name: 'скрыть оригинал' }).waitFor();
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'translated');
    // His own words stay his own.
    await endpoint.script({ pieces: ['Thank you'] });
    await visitor.says('Спасибо');
    await dialog.event('the translation for operators', (e) => !!e.content.body?.endsWith('Thank you'));
    const own = await visitor.sees('Спасибо');
    expect(await own.getByText('Переведено').count()).toBe(0);
    expect(await visitor.message('Thank you').count()).toBe(0);
  });
});
