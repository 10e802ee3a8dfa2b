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
});
