import { assisted, growing } from './stack/assisted';
import { faults } from './stack/axe';
import { Endpoint, words } from './stack/endpoint';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';

const answer =
  'We pack on Mondays and Thursdays, and the post takes three to five days [1]. Above fifty euros you pay nothing for that, and the parcel comes with a number to follow it by on its way to you [1].';
const plain = answer.replaceAll(' [1]', '');

describe('The assistant', () => {
  test('is read while it writes, in every tab, and ends as one message with its sources', async ({ profiles, facts, operator }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const context = await profiles.fresh();
    const visitor = await assisted(context, facts);
    await visitor.open();
    await endpoint.script({ pieces: words(answer), held_after: 24 });
    await visitor.says('How long does delivery take?');
    await expect.poll(() => growing(visitor), { timeout: 15_000 }).toMatch(/^We pack on Mondays/);
    const beginning = await growing(visitor);
    expect(plain.startsWith(beginning)).toBe(true);
    expect(beginning.length).toBeLessThan(plain.length);
    await visitor.window.getByText('You are talking to an AI.').waitFor();
    await visitor.window.getByText('Assistant is typing…').waitFor({ state: 'attached' });
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'assistant-writes');

    const other = await assisted(context, facts);
    await other.open();
    // The first may have gone on since: where the model is held, both show the same.
    const both = async (): Promise<boolean> => {
      const shown = await growing(other);
      return shown.startsWith(beginning) && shown === (await growing(visitor));
    };
    await eventually(both, 'whether a second tab shows what the first does', true);

    await endpoint.release();
    for (const tab of [visitor, other]) {
      const message = await tab.sees(plain);
      await eventually(() => growing(tab), 'what is being written', '');
      const link = message.getByRole('link', { name: 'Delivery' });
      expect(await link.getAttribute('href')).toMatch(/^https:\/\/glina\.example\/delivery/);
      expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow');
      expect(await link.getAttribute('target')).toBe('_blank');
      expect(await tab.message('We pack on Mondays').count()).toBe(1);
      expect(await tab.window.getByText('You are talking to an AI.').count()).toBe(1);
    }
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'assistant-said');
    const dialog = await operator.dialog('How long does delivery take?');
    const said = await dialog.event('the assistant’s words', (e) => !!e.content.body?.startsWith(plain));
    expect(said.content['chat.anteroom.ai']).toMatchObject({ sources: [{ title: 'Delivery' }] });
  });

  test('is cut short by an operator, and what was read of it stays', async ({ profiles, facts, operator }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const context = await profiles.fresh({ locale: 'ru-RU', timezoneId: 'Europe/Moscow' });
    const visitor = await assisted(context, facts, 'ru/');
    await visitor.page.getByRole('button', { name: 'Открыть чат' }).click();
    await endpoint.script({ pieces: words('Упаковываем по понедельникам и четвергам, а почта идёт от трёх до пяти дней, если нет праздников и метелей на всём пути от нас до вас.'), held_after: 20 });
    await visitor.says('Когда отправите?');
    await expect.poll(() => growing(visitor), { timeout: 15_000 }).toMatch(/^Упаковываем по понедельникам/);
    const read = await growing(visitor);
    await visitor.window.getByText('Вам отвечает ИИ.').waitFor();
    const dialog = await operator.dialog('Когда отправите?');
    await dialog.says('Здравствуйте, это Анна.');
    await visitor.sees('Здравствуйте, это Анна.');
    const cut = await visitor.sees(read);
    await cut.getByText('Ответ прерван').waitFor();
    await screenshot(visitor, 'assistant-cut');
    await endpoint.release();
    const told = await visitor.transcript();
    expect(told.findIndex((t) => t.includes(read))).toBeLessThan(told.findIndex((t) => t.includes('это Анна')));
    expect(await growing(visitor)).toBe('');
    expect(await visitor.message('от нас до вас').count()).toBe(0);
    await dialog.event('the words that were read', (e) => !!e.content.body?.startsWith(read));
  });

  test('begins anew with what the visitor writes meanwhile', async ({ profiles, facts }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const visitor = await assisted(await profiles.fresh(), facts);
    await visitor.open();
    await endpoint.script({ pieces: words(answer), held_after: 24 }, { pieces: words('Then it is the courier, who comes on the next working day.') });
    await visitor.says('How long does delivery take?');
    await expect.poll(() => growing(visitor), { timeout: 15_000 }).toMatch(/^We pack/);
    const read = await growing(visitor);
    await visitor.says('I am in a hurry');
    await visitor.sees('Then it is the courier');
    const told = await visitor.transcript();
    const at = (text: string): number => told.findIndex((t) => t.includes(text));
    expect([at(read), at('I am in a hurry'), at('the courier')]).toEqual([1, 2, 3]);
    await endpoint.release();
  });

  test('says no more once the visitor has removed the question, and writes a table as a list', async ({ profiles, facts, operator }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const visitor = await assisted(await profiles.fresh(), facts);
    await visitor.open();
    const rows = '| To | Price | Time |\n|:---|---:|---|\n| **Germany** | 5 € | two days |\n| Austria | 7 € | five days |\n\n';
    await endpoint.script({ pieces: words(`${rows}${answer}`), held_after: 50 });
    await visitor.says('What does delivery cost where?');
    await expect.poll(() => growing(visitor), { timeout: 15_000 }).toMatch(/We pack/);
    const read = await growing(visitor);
    expect(read).toMatch(/^To — Price; Time:\n- Germany — 5 €; two days\n- Austria — 7 €; five days\n\nWe pack/);
    await visitor.chooses('What does delivery cost where?', 'Delete');
    await visitor.page.getByRole('menuitem', { name: 'Delete for everyone?' }).click();
    const cut = await visitor.sees('Germany — 5 €');
    await cut.getByText('Interrupted').waitFor();
    await eventually(() => growing(visitor), 'what is being written', '');
    await screenshot(visitor, 'assistant-removed');
    await endpoint.release();
    await endpoint.script({ pieces: words('You are welcome.') });
    await visitor.says('Sorry, that was not meant for you.');
    await visitor.sees('You are welcome.');
    expect(await visitor.message('a number to follow').count()).toBe(0);
    const dialog = await operator.dialog('Sorry, that was not meant for you.');
    const room = await dialog.event('the words that were read', (e) => !!e.content.body?.startsWith(read));
    expect(room.content.body).toMatch(/interrupted$/);
  });

  test('goes on where WebSockets are blocked', async ({ profiles, facts, network }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    network.pass('no sockets');
    const context = await profiles.fresh({ proxy: network.proxy });
    profiles.expectErrors(/WebSocket|ERR_/);
    const visitor = await assisted(context, facts);
    await visitor.open();
    await endpoint.script({ pieces: words(answer), held_after: 24 });
    await visitor.says('How long does delivery take?');
    await expect.poll(() => growing(visitor), { timeout: 30_000 }).toMatch(/^We pack/);
    const beginning = await growing(visitor);
    // Exchanges come and go; what is shown stays.
    for (let i = 0; i < 20; i++) {
      expect((await growing(visitor)).length).toBeGreaterThanOrEqual(beginning.length);
      await visitor.page.evaluate(() => new Promise(requestAnimationFrame));
    }
    await endpoint.release();
    await visitor.sees(plain);
    expect(await visitor.message('We pack on Mondays').count()).toBe(1);
  });

  test('drops half a reply that is written no more when the link is back', async ({ profiles, facts, network }) => {
    const endpoint = new Endpoint(facts.endpoint_url);
    const visitor = await assisted(await profiles.fresh({ proxy: network.proxy }), facts);
    profiles.expectErrors(/WebSocket|ERR_/);
    await visitor.open();
    await endpoint.script({ pieces: words(answer), held_after: 24 });
    await visitor.says('How long does delivery take?');
    await expect.poll(() => growing(visitor), { timeout: 15_000 }).toMatch(/^We pack/);
    network.pass('nothing');
    await endpoint.release();
    network.pass('all');
    await visitor.sees(plain);
    await eventually(() => growing(visitor), 'what is being written', '');
    expect(await visitor.message('We pack on Mondays').count()).toBe(1);
  });
});
