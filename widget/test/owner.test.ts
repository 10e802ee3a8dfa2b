// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest';
import { changes } from '../src/owner/settings';
import type { Look } from '../src/owner/settings';

const look = (more: Partial<Look>): Look => ({
  title: {}, greeting: {}, team: {}, color: '#2563eb', dark_color: '', ink: '', dark_ink: '', position: 'right', offset: { side: 20, bottom: 20 }, phone_offset: { side: 20, bottom: 20 },
  launcher: { icon: 'chat', text: {}, size: 60 }, z_index: 1, theme: 'auto', language: 'auto', fallback: 'en', away: {}, consent: {}, privacy: {}, sound: true, notifications: 'text',
  person: false, rating: 'off', forms: { start: null, handoff: null, away: null }, channels: { telegram: '', whatsapp: '', email: '', phone: '', links: [] }, proactive: [], hide: { pages: null, devices: null },
  ...more,
});

// JSON has no "off" that is not a text: visitors would read the word.
it('an owner who says nothing outside of the opening hours says nothing', () => {
  expect(changes(look({ away: { en: '', ru: '' } }))).toMatchObject({ away: '' });
  expect(changes(look({ away: { en: 'Later.', ru: '' } }))).toMatchObject({ away: { en: 'Later.' } });
});

const texts = { en: '', ru: '' };
const page = async (answer: () => Promise<Response>): Promise<string> => {
  const widget = look({ title: texts, greeting: texts, team: texts, launcher: { icon: 'chat', text: texts, size: 60 }, away: texts, consent: texts, privacy: texts, hide: { pages: [], devices: [] } });
  const told = document.createElement('script');
  told.type = 'application/json';
  told.id = 'settings';
  told.textContent = JSON.stringify({ site: 'shop', name: 'Shop', url: 'https://chat.example', widget, icons: ['chat'], files: ['languages'] });
  const main = document.createElement('main');
  main.id = 'preview';
  document.body.append(told, main);
  vi.stubGlobal('fetch', answer);
  vi.resetModules();
  await import('../src/owner/owner');
  await vi.waitFor(() => expect(main.querySelector('.says')?.textContent).not.toBe(''));
  return main.textContent;
};
afterEach(() => {
  vi.unstubAllGlobals();
  document.body.replaceChildren();
});

it('what the bridge refuses is told in its own sentence, and that it did not answer only where it did not', async () => {
  expect(await page(() => Promise.resolve(new Response('{"code":"too_large","text":"The body has more than 32768 bytes."}', { status: 413 })))).toContain('The body has more than 32768 bytes.');
  document.body.replaceChildren();
  expect(await page(() => Promise.resolve(new Response('<h1>Bad gateway</h1>', { status: 502 })))).toContain('The bridge did not answer.');
});

it('whoever takes the lines over is told what they lack', async () => {
  expect(await page(() => Promise.reject(new TypeError('no network')))).toContain('Keep what your section says of files: languages.');
});

it('what is seen only at a moment of a talk says so where it is changed', async () => {
  await page(() => Promise.reject(new TypeError('no network')));
  const said = [...document.querySelectorAll('.contrast')].find((e) => e.textContent.startsWith('To see these, choose a moment of a talk'));
  expect(said?.parentElement?.textContent).toContain('Outside of the opening hours');
});

/** What the page in the preview is given for the moment that is looked at. */
const shown = (): unknown => (window as unknown as { anteroomPreview: { beside?: object } }).anteroomPreview.beside;

it('only the moments are offered that the settings have something for', async () => {
  const { Stage } = await import('../src/owner/stage');
  const { words } = await import('../src/owner/words');
  const stage = new Stage('https://chat.example/shop/preview/page', words.en, 'en', { en: 'English' });
  const settings = { site: 'shop', assets: {}, words: { en: { dir: 'ltr', open: 'Open', close: 'Close', unread: '', sorry: '' } }, fallback: 'en' } as const;
  const choice = stage.element.querySelector('select') as HTMLSelectElement;
  const offered = (): string[] => [...choice.options].map(({ value }) => value);
  const away = { flow: {}, away: { text: 'Asleep' } };
  stage.show(settings, { away: { en: away }, start: { en: { flow: {} } } });
  expect(offered()).toEqual(['now', 'start', 'away']);
  expect(shown()).toBeUndefined();
  choice.value = 'away';
  choice.dispatchEvent(new Event('change'));
  expect(shown()).toEqual(away);
  // The hours were taken out of the settings.
  stage.show(settings, { start: { en: { flow: {} } } });
  expect([offered(), choice.value, shown()]).toEqual([['now', 'start'], 'now', undefined]);
});

// As of a chat that asks for consent, and has a text for it in English alone.
it('a page in a language that the chat does not speak has a language that it does', async () => {
  const { Stage } = await import('../src/owner/stage');
  const { words } = await import('../src/owner/words');
  const stage = new Stage('https://chat.example/shop/preview/page', words.en, 'ru', { en: 'English', ru: 'Russian' });
  stage.show({ site: 'shop', assets: {}, words: { en: { dir: 'ltr', open: 'Open', close: 'Close', unread: '', sorry: '' } }, fallback: 'en' }, {});
  const { words: given, fallback } = (window as unknown as { anteroomPreview: { words: object; fallback: string } }).anteroomPreview;
  expect(Object.keys(given)).toContain(fallback);
});
