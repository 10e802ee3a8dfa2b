// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

describe('the loader', () => {
  beforeEach(() => {
    vi.resetModules();
    const script = document.createElement('script');
    script.type = 'text/plain';
    script.src = 'https://chat.example/widget/shop.js';
    document.body.append(script);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    document.body.replaceChildren();
  });

  it.each([
    ['all settings', { site: 'shop', assets: {}, words: { en: { title: 'Shop' } }, color: '#a0481e', position: 'left', theme: 'dark' }],
    ['none but the site', { site: 'shop', assets: {} }],
  ])('draws its button with %s', async (_, settings) => {
    vi.stubGlobal('__ANTEROOM_SETTINGS__', settings);
    await import('../src/loader/index');
    const button = document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('button');
    expect(button?.getAttribute('aria-label')).toBe('Open chat');
  });

  it.each([
    ['nothing without a dialog before its button is pressed', '', '1', ['start', 'show true ']],
    ['the transport only, with a dialog and a closed window', '{"dialog":true}', '', ['start']],
    ['the window without the focus, when the last page of this tab had it open', '{"dialog":true}', '1', ['start', 'show true true']],
  ])('loads %s', async (_, record, opened, expected) => {
    const calls: string[] = [];
    vi.stubGlobal('calls', calls);
    vi.stubGlobal('__ANTEROOM_SETTINGS__', {
      site: 'shop',
      assets: {
        transport: 'data:text/javascript,export const start = () => calls.push("start")',
        chat: 'data:text/javascript,export const show = (h, s, open, quiet) => calls.push(["show", open, quiet].join(" "))',
        en: 'data:text/javascript,export const strings = {}',
      },
    });
    localStorage.clear();
    sessionStorage.clear();
    if (record) localStorage.setItem('anteroom.shop', record);
    if (opened) sessionStorage.setItem('anteroom.shop.open', opened);
    await import('../src/loader/index');
    if (!record) document.querySelector('anteroom-chat')?.shadowRoot?.querySelector('button')?.click();
    await vi.waitFor(() => expect(calls).toEqual(expected));
    expect(localStorage).toHaveLength(record ? 1 : 0);
  });
});
