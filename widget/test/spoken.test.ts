// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Hello } from '../src/chat/wire';
import type { Host } from '../src/loader/host';
import { Socket } from './socket';

beforeEach(() => vi.stubGlobal('WebSocket', Socket));
afterEach(() => {
  document.documentElement.lang = '';
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

// The window and the bot in it are to speak one language.
it.each([
  ['en', ['ru-RU', 'ru'], 'en', '', 'en'],
  ['en', ['ru-RU', 'en-GB'], 'en', '', 'en-GB'],
  ['ru', ['de', 'en'], 'ru-RU', '', 'ru-RU'],
  ['ru', ['de'], '', 'ru', 'ru'],
  ['en', ['de-AT'], '', '', 'de-AT'],
  ['en', ['fr'], 'de', '', 'de'],
  ['en', ['fr'], 'de', 'en', 'en'],
])('a window in %s for a browser of %j on a page in "%s" of a site in "%s" has a bot in %s', async (language, browser, page, site, told) => {
  vi.resetModules();
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(browser);
  vi.spyOn(navigator, 'language', 'get').mockReturnValue(browser[0] ?? '');
  document.documentElement.lang = page;
  const { start } = await import('../src/chat/transport');
  start({ settings: { site: 'shop', assets: {}, language: site }, base: 'https://chat.example/', language, badge: () => undefined } as unknown as Host);
  Socket.last.opens();
  expect((Socket.last.sent[0] as Hello).language).toBe(told);
});
