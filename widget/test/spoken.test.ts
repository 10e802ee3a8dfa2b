// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Hello } from '../src/chat/wire';
import type { Host } from '../src/loader/host';
import { Socket } from './socket';

beforeEach(() => vi.stubGlobal('WebSocket', Socket));
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

// The window and the bot in it are to speak one language.
it.each([
  ['en', ['ru-RU', 'ru'], 'en'],
  ['en', ['ru-RU', 'en-GB'], 'en-GB'],
  ['ru', ['de', 'ru-RU'], 'ru-RU'],
  ['ru', ['de'], 'ru'],
])('a window in %s for a browser of %j has a bot in %s', async (language, browser, told) => {
  vi.resetModules();
  vi.spyOn(navigator, 'languages', 'get').mockReturnValue(browser);
  const { start } = await import('../src/chat/transport');
  start({ settings: { site: 'shop', assets: {} }, base: 'https://chat.example/', language, life: new AbortController(), badge: () => undefined } as unknown as Host);
  Socket.last.opens();
  expect((Socket.last.sent[0] as Hello).language).toBe(told);
});
