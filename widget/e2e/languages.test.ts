import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { BrowserContext, BrowserContextOptions, Locator } from 'playwright-core';
import { faults } from './stack/axe';
import { picture } from './stack/files';
import { describe, eventually, expect, screenshot, test } from './stack/fixtures';
import { serve, tag, visit } from './stack/own';
import type { Facts } from './stack/start';
import { Visitor } from './stack/visitor';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 1 };
const computer = { viewport: { width: 700, height: 760 } };

/** What a visitor reads and presses, in the built-in languages. */
const say = {
  en: { dir: 'ltr', form: 'Please introduce yourself', begin: 'Start the chat', name: 'Name', email: 'E-mail address', person: 'Talk to a person', rate: 'How did we do?', answers: 'Anna is answering you', actions: 'Message actions', reply: 'Reply', emoji: 'Emoji', search: 'Search emoji', agree: 'Agree and continue', away: 'Leave us a message, and we will answer', attach: 'Attach a file', menu: 'Menu', offline: 'No connection. Your messages will be sent later.', tooLong: /too long|longer/i },
  ru: { dir: 'ltr', form: 'Представьтесь, пожалуйста', begin: 'Начать чат', name: 'Имя', email: 'Электронная почта', person: 'Позвать человека', rate: 'Как мы справились?', answers: 'Вам отвечает Anna', actions: 'Действия', reply: 'Ответить', emoji: 'Эмодзи', search: 'Поиск эмодзи', agree: 'Согласиться и продолжить', away: 'Оставьте сообщение, и мы ответим', attach: 'Добавить файл', menu: 'Меню', offline: /^Нет связи|^Нет соединения/, tooLong: /длин/i },
  ar: { dir: 'rtl', form: 'عرّفنا بنفسك من فضلك', begin: 'ابدأ المحادثة', name: 'الاسم', email: 'البريد الإلكتروني', person: 'التحدّث مع شخص', rate: 'كيف كانت خدمتنا؟', answers: 'معك \u2068Anna\u2069', actions: 'إجراءات الرسالة', reply: 'ردّ', emoji: 'رموز تعبيرية', search: 'البحث في الرموز التعبيرية', agree: 'أوافق وأتابع', away: 'اترك لنا رسالة وسنردّ عليك', attach: 'إرفاق ملف', menu: 'القائمة', offline: 'لا يوجد اتصال. ستُرسَل رسائلك لاحقًا.', tooLong: /أطول من المسموح/ },
} as const;

/** What is said in the talk: scripts, numbers, addresses and code mixed, with a mark at the end. */
const talk = {
  en: { asks: 'Is parcel GLINA-10 on its way?', answers: 'Yes, it left on 12.11.2026 at 14:30! See https://glina.example/o/10', wish: 'Thank you, مرحبًا!', note: 'Your code:' },
  ru: { asks: 'Заказ GLINA-10 уже в пути?', answers: 'Да, отправили 12.11.2026 в 14:30! Смотрите https://glina.example/o/10', wish: 'Спасибо, مرحبًا!', note: 'Ваш код:' },
  ar: { asks: 'هل شُحن الطلب GLINA-10؟', answers: 'نعم، شُحن يوم 12.11.2026 الساعة 14:30! انظر https://glina.example/o/10', wish: 'شكرًا Anna!', note: 'رمزك:' },
} as const;

/** A page in that language, with a chat of the demo. */
function html(facts: Facts, language: string, site: string): string {
  const dir = language === 'ar' ? 'rtl' : 'ltr';
  return `<!doctype html><html lang="${language}" dir="${dir}"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><title>Glina</title><link rel="icon" href="data:,"><main><h1>Glina</h1></main>${tag(facts, site)}`;
}

const page = (context: BrowserContext, facts: Facts, language: string, site: string): Promise<Visitor> => visit(context, facts, { html: html(facts, language, site) });

/** What the button, the title and the text box of the site with files say on a page in that language. */
async function spoken(context: BrowserContext, facts: Facts, language: string): Promise<{ visitor: Visitor; said: (string | null)[] }> {
  const visitor = new Visitor(await context.newPage());
  await visitor.page.goto(await serve(context, facts, { html: html(facts, language, 'tongues') }));
  const launcher = visitor.page.locator('anteroom-chat .launcher');
  await launcher.waitFor();
  const name = await launcher.getAttribute('aria-label');
  await launcher.click();
  return { visitor, said: [name, await visitor.window.locator('h2').innerText(), await visitor.window.getByRole('textbox').getAttribute('placeholder')] };
}

interface Box { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
const box = async (of: Locator): Promise<Box> => (await of.boundingBox()) ?? { x: NaN, y: NaN, width: NaN, height: NaN };
const middle = ({ x, width }: Box): number => x + width / 2;

/** Whether the one stands before the other, for who reads in that direction. */
async function before(dir: 'ltr' | 'rtl', one: Locator, other: Locator): Promise<boolean> {
  const [a, b] = [middle(await box(one)), middle(await box(other))];
  return dir === 'ltr' ? a < b : a > b;
}

/** Puts pictures of states side by side, in one for the eye. */
async function sheet(context: BrowserContext, name: string, states: readonly string[], width: number): Promise<void> {
  const all = await Promise.all(states.map(async (state) => `<img width="${width}" src="data:image/png;base64,${(await readFile(join(resolve('../build/e2e'), `${state}.png`))).toString('base64')}">`));
  const tab = await context.newPage();
  await tab.setViewportSize({ width: (width + 8) * 4 + 8, height: 600 });
  await tab.setContent(`<style>body{margin:8px;display:flex;flex-wrap:wrap;gap:8px;background:#777}</style>${all.join('')}`);
  await tab.waitForFunction(() => [...document.images].every((i) => i.complete));
  await tab.screenshot({ path: join(resolve('../build/e2e'), `${name}.png`), fullPage: true });
  await tab.close();
}

/** Each language, device and theme: what runs from right to left in all of them, and from left to right in two languages. */
const looks = (
  [
    ['ar', 'desktop', 'light'],
    ['ar', 'phone', 'dark'],
    ['en', 'phone', 'light'],
    ['ru', 'desktop', 'light'],
    ['ar', 'desktop', 'dark'],
    ['ar', 'phone', 'light'],
    ['en', 'desktop', 'dark'],
    ['ru', 'phone', 'dark'],
  ] as const
).map(([language, device, theme]) => [`${language}-${device}-${theme}`, language, device, theme] as const);

describe('The whole chat', () => {
  test.for(looks)('%s: looks as it should in each state, and axe finds no fault', { timeout: 180_000 }, async ([name, language, device, theme], { profiles, operator, facts }) => {
    const w = say[language];
    const number = `GLINA-${10 + looks.findIndex(([of]) => of === name)}`;
    const t = { ...talk[language], asks: talk[language].asks.replace('GLINA-10', number) };
    const options: BrowserContextOptions = { ...(device === 'phone' ? phone : computer), colorScheme: theme };
    const context = await profiles.fresh(options);
    const states: string[] = [];
    const look = async (visitor: Visitor, state: string): Promise<void> => {
      expect(await faults(visitor), `what axe finds in ${state}`).toEqual([]);
      await screenshot(visitor, `${name}-${state}`);
      states.push(`${name}-${state}`);
    };

    const visitor = await page(context, facts, language, 'whole');
    const { window, launcher } = visitor;
    await visitor.page.getByRole('button', { name: /GLINA-10/ }).waitFor();
    await look(visitor, 'proactive');
    await launcher.click();
    const form = window.getByRole('form', { name: w.form });
    await form.waitFor();
    expect(await window.evaluate((e) => getComputedStyle(e).direction)).toBe(w.dir);
    await form.getByLabel(w.name).fill('Ann');
    await form.getByLabel(w.email).fill(`${name}@example.com`);
    await look(visitor, 'form');
    await form.getByRole('button', { name: w.begin }).click();
    await visitor.textbox.waitFor();
    const person = window.getByRole('button', { name: w.person });
    await person.waitFor();
    await look(visitor, 'greeting');

    await visitor.says('plans');
    await visitor.sees('Which plan interests you?');
    await window.getByRole('button', { name: 'Basic' }).waitFor();
    await look(visitor, 'buttons');
    await visitor.says(t.asks);
    const dialog = await operator.dialog(t.asks);
    await dialog.says(t.answers);
    await visitor.sees(t.answers.slice(0, 8));
    const answer = visitor.message(t.answers.slice(0, 8)).first();
    await window.getByText(w.answers).waitFor();
    await answer.hover();
    await answer.getByRole('button', { name: w.actions }).click();
    await visitor.page.getByRole('menuitem', { name: w.reply, exact: true }).waitFor();
    await look(visitor, 'menu');
    await visitor.page.getByRole('menuitem', { name: w.reply, exact: true }).click();
    await visitor.says(t.wish);
    await dialog.sees(t.wish);
    await dialog.says(t.note, { format: 'org.matrix.custom.html', formatted_body: `${t.note} <pre><code>if (x &lt; 10) order("GLINA");</code></pre>` });
    const glaze = picture('celadon.png', 320, 160, [126, 163, 144]);
    const url = await operator.upload(glaze.buffer, glaze.name, glaze.mimeType);
    await dialog.sends('m.room.message', { msgtype: 'm.file', filename: 'GLINA-10 (1).pdf', body: 'GLINA-10 (1).pdf', url, info: { mimetype: 'application/pdf', size: 12_345 } });
    await dialog.sends('m.room.message', { msgtype: 'm.audio', body: 'voice.ogg', url, info: { mimetype: 'audio/ogg', size: 12_345, duration: 7000 }, 'org.matrix.msc3245.voice': {}, 'org.matrix.msc1767.audio': { duration: 7000, waveform: Array.from({ length: 60 }, (_, i) => (i * 97) % 1024) } });
    await visitor.sees('GLINA-10 (1).pdf');
    await visitor.log.getByRole('slider').waitFor();
    await dialog.types(true);
    await look(visitor, 'talk');

    expect(await visitor.log.locator('code').last().evaluate((e) => getComputedStyle(e).direction), 'of code').toBe('ltr');
    // The visitor's own words stand where a line ends, and what sends stands behind the field.
    const own = visitor.message(t.wish);
    expect(await before(w.dir, answer.locator('.bubble'), own.locator('.bubble'))).toBe(true);
    expect(await visitor.textbox.evaluate((e) => getComputedStyle(e).direction), 'of the placeholder').toBe(w.dir);
    await visitor.textbox.fill(t.asks);
    expect(await before(w.dir, visitor.textbox, window.locator('.send'))).toBe(true);
    // A text runs by its own letters.
    expect(await visitor.textbox.evaluate((e) => getComputedStyle(e).direction)).toBe(w.dir);
    await visitor.textbox.fill('x'.repeat(520));
    await window.getByText(w.tooLong).waitFor();
    await look(visitor, 'long');
    await visitor.textbox.fill('');
    await window.getByRole('button', { name: w.emoji, exact: true }).click();
    await window.getByRole('searchbox', { name: w.search }).waitFor();
    await look(visitor, 'emoji');
    await visitor.page.keyboard.press('Escape');
    await dialog.says('!close');
    await window.getByText(w.rate).waitFor();
    await look(visitor, 'rating');

    const asked = await page(context, facts, language, 'consent');
    await asked.launcher.click();
    await asked.window.getByRole('button', { name: w.agree }).waitFor();
    await look(asked, 'consent');
    const night = await page(context, facts, language, 'night');
    await night.launcher.click();
    await night.window.getByRole('form', { name: w.away }).waitFor();
    await look(night, 'away');
    profiles.expectErrors(/ERR_INTERNET_DISCONNECTED/);
    await visitor.page.bringToFront();
    await context.setOffline(true);
    await window.getByText(w.offline).waitFor();
    await look(visitor, 'offline');
    await sheet(await profiles.fresh(), `chat-${name}`, states, device === 'phone' ? 260 : 380);
  });
});

describe('An Arabic chat on an English page', () => {
  test('runs from right to left by itself, and its button stays in its corner', async ({ profiles, operator, facts }) => {
    const visitor = await page(await profiles.fresh(), facts, 'en', 'arabic');
    const place = await box(visitor.launcher);
    expect(place.x).toBeGreaterThan(1000);
    await visitor.launcher.click();
    const form = visitor.window.getByRole('form', { name: say.ar.form });
    await form.getByLabel(say.ar.name).fill('Ann');
    await form.getByLabel(say.ar.email).fill('ltr@example.com');
    await form.getByRole('button', { name: say.ar.begin }).click();
    await visitor.textbox.waitFor();
    await visitor.says(talk.ar.asks);
    const dialog = await operator.dialog(talk.ar.asks);
    await dialog.says('Latin answer!');
    const latin = await visitor.sees('Latin answer!');
    expect(await latin.locator('.text').first().evaluate((e) => getComputedStyle(e).direction)).toBe('ltr');
    expect(await visitor.message(talk.ar.asks).locator('.text').first().evaluate((e) => getComputedStyle(e).direction)).toBe('rtl');
    expect(await visitor.page.evaluate(() => getComputedStyle(document.body).direction)).toBe('ltr');
    // Closed, the number of what is unread stands at the corner that is away from the edge.
    await visitor.close();
    await dialog.says('Still there?');
    await eventually(() => visitor.launcher.getAttribute('aria-label'), 'the number', 'فتح المحادثة، رسائل غير مقروءة: 1');
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'arabic-on-english');
  });

  test('is used by keys alone, each arrow going where it points', async ({ profiles, operator, facts }) => {
    const visitor = await page(await profiles.fresh(), facts, 'ar', 'arabic');
    const { page: tab, launcher } = visitor;
    await eventually(async () => {
      await tab.keyboard.press('Tab');
      return launcher.evaluate((e) => e.matches(':focus-visible'));
    }, 'the focus on the launcher', true);
    await tab.keyboard.press('Enter');
    const form = visitor.window.getByRole('form', { name: say.ar.form });
    await form.waitFor();
    await eventually(() => form.getByLabel(say.ar.name).evaluate((e) => e.matches(':focus')), 'the focus in the first field', true);
    await tab.keyboard.type('Ann');
    await tab.keyboard.press('Tab');
    await tab.keyboard.type('keys@example.com');
    await tab.keyboard.press('Enter');
    await visitor.textbox.waitFor();
    await eventually(() => visitor.textbox.evaluate((e) => e.matches(':focus')), 'the focus in the text box', true);
    await tab.keyboard.type('بالمفاتيح فقط!');
    await tab.keyboard.press('Enter');
    await operator.dialog('بالمفاتيح فقط!');
    await visitor.window.getByRole('button', { name: say.ar.emoji, exact: true }).click();
    await visitor.window.getByRole('searchbox', { name: say.ar.search }).waitFor();
    const all = visitor.window.locator('.picker .grid button');
    await all.first().focus();
    const from = await box(all.first());
    await tab.keyboard.press('ArrowLeft');
    const to = await tab.evaluate(() => {
      const focused = document.querySelector('anteroom-chat')?.shadowRoot?.activeElement?.getBoundingClientRect();
      return focused && [focused.x, focused.y];
    });
    expect(to?.[0]).toBeLessThan(from.x);
    await tab.keyboard.press('Escape');
    await tab.keyboard.press('Escape');
    await visitor.window.waitFor({ state: 'hidden' });
  });
});

describe("A language of the site's own file", () => {
  test('says what it has, and the rest in the fall-back of the widget, sentence by sentence', async ({ profiles, facts }) => {
    const { visitor, said } = await spoken(await profiles.fresh({ locale: 'de-AT' }), facts, 'de-AT');
    expect(said).toEqual(['Chat öffnen', 'Schreiben Sie uns', 'Nachricht schreiben …']);
    await visitor.window.getByText('Здравствуйте! 👋 Чем можем помочь?').waitFor();
    await visitor.window.getByRole('button', { name: 'Добавить файл' }).waitFor();
    expect(await faults(visitor)).toEqual([]);
    await screenshot(visitor, 'german');
  });

  test.for([
    ['pt-BR', 'Abrir o chat', 'Fale com a gente'],
    ['zh-Hans-CN', '打开聊天', '联系我们'],
    ['ru-RU', 'Открыть чат', 'Напишите нам'],
    // No file has these: the widget's fall-back.
    ['pt-PT', 'Открыть чат', 'Напишите нам'],
    ['zh-Hant', 'Открыть чат', 'Напишите нам'],
    ['fr', 'Открыть чат', 'Напишите нам'],
  ] as const)('a page in %s is spoken to in "%s"', async ([language, open, title], { profiles, facts }) => {
    const { said } = await spoken(await profiles.fresh({ locale: language }), facts, language);
    expect(said.slice(0, 2)).toEqual([open, title]);
  });
});
