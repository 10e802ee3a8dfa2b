// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { start } from '../src/chat/transport';
import type { Host } from '../src/loader/host';
import { Shelf } from './shelf';
import { Socket } from './socket';

let life: AbortController;
const host = (): Host => ({ settings: { site: 'shop' }, base: 'https://chat.example/', language: 'en', life, badge: () => undefined }) as unknown as Host;
const prepares = (on: boolean): unknown => Object.defineProperty(document, 'prerendering', { value: on, configurable: true });
/** The visitor has come to the page. */
const comes = (): void => {
  prepares(false);
  document.dispatchEvent(new Event('prerenderingchange'));
};

beforeEach(() => {
  vi.useFakeTimers();
  life = new AbortController();
  Socket.all.length = 0;
  vi.stubGlobal('WebSocket', Socket);
  vi.stubGlobal('localStorage', new Shelf());
});
afterEach(() => {
  life.abort();
  Reflect.deleteProperty(document, 'prerendering');
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it('a page that the browser only prepares connects when it is looked at', () => {
  prepares(true);
  start(host());
  // By then a link that does not open would be taken for one that is swallowed.
  vi.advanceTimersByTime(60_000);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(Socket.all).toHaveLength(0);
  comes();
  expect(Socket.all).toHaveLength(1);
});

it('what the page destroys before it is looked at never connects, and any other page connects at once', () => {
  prepares(true);
  start(host());
  life.abort();
  comes();
  expect(Socket.all).toHaveLength(0);
  life = new AbortController();
  start(host());
  expect(Socket.all).toHaveLength(1);
});
