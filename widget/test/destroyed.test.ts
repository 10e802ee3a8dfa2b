// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { call as callOf } from '../src/chat/calls';
import { call as callBefore } from '../src/chat/consent/gate';
import { start } from '../src/chat/transport';
import type { Host } from '../src/loader/host';

const gone = new Error('destroyed');
const host = (): Host => ({
  settings: { site: 'shop', assets: {}, consents: { en: 'hash' } },
  base: 'https://chat.example/',
  language: 'en',
  life: new AbortController(),
  api: { sites: {} },
}) as unknown as Host;

describe('what the page waits for when the chat is destroyed', () => {
  it('is refused when it was said before the visitor agreed', async () => {
    const chat = host();
    const said = callBefore(chat, 'set', [{ plan: 'large' }]);
    chat.life.abort(gone);
    await expect(said).rejects.toBe(gone);
  });

  it('is refused when it is another chat, which that one will not tell of any more', async () => {
    const chat = host();
    const other = callOf(chat, 'site', ['clinic']);
    chat.life.abort(gone);
    await expect(other).rejects.toBe(gone);
  });

  it('is refused when its code comes after the end, and is done on no other chat', async () => {
    const chat = host();
    const said = callOf(chat, 'identify', [{ name: 'Ann' }]);
    chat.life.abort(gone);
    await expect(said).rejects.toBe(gone);
    expect(chat.before).toBeUndefined();
  });

  it('is refused when it is called behind the end', async () => {
    const chat = host();
    chat.life.abort(gone);
    await expect(callOf(chat, 'site', ['clinic'])).rejects.toBe(gone);
  });
});

it('a chat that was destroyed while its code came does not connect', () => {
  const chat = host();
  chat.life.abort(gone);
  expect(() => start(chat)).toThrow(gone);
  expect(chat.session).toBeUndefined();
});
