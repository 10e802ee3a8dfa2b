// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { watch } from '../src/chat/hide';
import { page } from '../src/chat/identity';
import { Away, moment } from '../src/chat/extras/Away';
import { rare as russian } from '../src/i18n/ru.rare';
import type { Host } from '../src/loader/host';
import { changes } from '../src/owner/settings';
import type { Look } from '../src/owner/settings';
import { inside } from './inside';

describe('outside of the opening hours', () => {
  const box = document.createElement('div');
  const says = async (away: unknown, ahead = 0): Promise<void> => {
    inside({ state: { site: { away }, ahead } });
    await act(() => render(<Away />, box));
  };
  beforeEach(() => vi.useFakeTimers({ now: new Date(2026, 10, 30, 12) }));
  afterEach(() => {
    render(null, box);
    vi.useRealTimers();
  });

  it('says so, and when somebody is back, until then', async () => {
    await says({ text: 'Gone', back: Date.now() + 3_600_000, for: 3_600_000 });
    expect(box.textContent).toBe('GoneBack today, 1:00 PM');
    // Whatever day it is by the browser's clock.
    await says({ text: 'Gone', back: Date.now() + 90_000_000, for: 3_600_000 }, 86_400_000);
    expect(box.textContent).toBe('GoneBack today, 1:00 PM');
    await act(async () => void (await vi.advanceTimersByTimeAsync(3_600_000)));
    expect(box.textContent).toBe('');
  });

  it('says so when the hours end, and not before', async () => {
    await says({ text: 'Gone', in: 60_000 });
    await act(async () => void (await vi.advanceTimersByTimeAsync(59_000)));
    expect(box.textContent).toBe('');
    await act(async () => void (await vi.advanceTimersByTimeAsync(1000)));
    expect(box.textContent).toBe('Gone');
  });

  it('says so on the evenings after that too, on a link that lasts', async () => {
    const hour = 3_600_000;
    const tomorrow = Date.now() + 21 * hour;
    await says({ text: 'Gone', in: 6 * hour, for: 21 * hour, back: tomorrow, later: [{ in: 30 * hour, for: 45 * hour }, { in: 54 * hour }] });
    const seen: string[] = [];
    for (const hours of [5, 2, 15, 7, 2, 15, 8, 99]) {
      await act(async () => void (await vi.advanceTimersByTimeAsync(hours * hour)));
      seen.push(box.textContent);
    }
    expect(seen).toEqual(['', 'GoneBack tomorrow, 9:00 AM', '', '', 'GoneBack tomorrow, 9:00 AM', '', 'Gone', 'Gone']);
  });

  it('says nothing of what it cannot read', async () => {
    for (const told of [{ text: 1 }, 'Gone', { text: 'Gone', back: 'soon' }, { text: 'Gone', back: 1e300 }, { text: 'Gone', later: 1 }, { text: 'Gone', later: [null] }, { text: 'Gone', later: [{ in: 'soon' }] }, undefined]) {
      await says(told);
      expect(box.textContent).toBe('');
    }
  });

  it('names a moment as people do', () => {
    const now = new Date(2026, 10, 30, 12).getTime();
    const at = (days: number): string => moment(new Date(2026, 10, 30 + days, 9).getTime(), 'en-GB', now);
    expect([0, 1, 2, 9].map(at)).toEqual(['today, 9:00', 'tomorrow, 9:00', 'Wednesday, 9:00', 'Wednesday 9 December, 9:00']);
    expect(moment(new Date(2026, 11, 1, 9).getTime(), 'ar-EG', now)).toMatch(/^غدًا، /);
    expect(russian.back(moment(new Date(2026, 11, 1, 9).getTime(), 'ru', now))).toBe('Вернёмся: завтра, 9:00');
  });
});

describe('hidden pages', () => {
  const show = vi.fn<(open: boolean, quiet?: boolean) => void>();
  /** A page at that address, on a site that hides the button there; it ends with the test. */
  function hides(at: string, ...patterns: string[]): { readonly element: HTMLElement; readonly launcher: HTMLElement; readonly host: Host } {
    const element = document.createElement('div');
    const launcher = document.createElement('button');
    const life = new AbortController();
    onTestFinished(() => life.abort());
    history.replaceState(null, '', at);
    const opens = (): void => launcher.setAttribute('aria-expanded', 'true');
    launcher.onclick = opens;
    const host = { root: element.attachShadow({ mode: 'open' }), launcher, show, life, api: { open: opens, toggle: opens }, settings: { site: 'shop', assets: {}, hide: patterns } } as unknown as Host;
    watch(host);
    return { element, launcher, host };
  }
  beforeEach(() => show.mockReset());

  it('follow the address, without a load', async () => {
    const { element, launcher } = hides('/cart/1', '/cart*');
    expect(element.className).toBe('on off');
    history.pushState(null, '', '/tea');
    dispatchEvent(new Event('popstate'));
    await vi.waitFor(() => expect(element.className).toBe('on'));
    expect(show).not.toHaveBeenCalled();
    launcher.click();
    history.pushState(null, '', '/cart/2');
    document.dispatchEvent(new Event('click'));
    await vi.waitFor(() => expect(element.className).toBe('on off'));
    expect(show).toHaveBeenCalledExactlyOnceWith(false, true);
  });

  it('keep the window that the page has opened, there or on the way', async () => {
    const { element, host } = hides('/tea', '/cart*');
    const link = document.body.appendChild(document.createElement('a'));
    link.onclick = () => {
      history.pushState(null, '', '/cart/1');
      void host.api.open();
    };
    link.click();
    await vi.waitFor(() => expect(element.className).toBe('on off'));
    history.pushState(null, '', '/cart/2');
    dispatchEvent(new Event('popstate'));
    await new Promise((looked) => setTimeout(looked));
    expect(show).not.toHaveBeenCalled();
  });

  it('are those that the page says it has, also before anybody looks', async () => {
    const { element, host } = hides('/app', '/cart*');
    await page(host, { url: '/cart/1' });
    expect(element.className).toBe('on off');
    const other = document.createElement('div');
    watch({ ...host, root: other.attachShadow({ mode: 'open' }) });
    expect(other.className).toBe('on off');
    await page(host, null);
    expect(element.className).toBe('on');
  });

  it('that are all pages keep the window: it is the page that opens and closes it', async () => {
    const { element, launcher } = hides('/tea', '*');
    launcher.click();
    history.pushState(null, '', '/cart/1');
    dispatchEvent(new Event('popstate'));
    await new Promise((looked) => setTimeout(looked));
    expect(element.className).toBe('on off');
    expect(show).not.toHaveBeenCalled();
  });
});

it('texts that say nothing stand in no language', () => {
  const none = { en: '', ru: '' };
  const look = { title: { en: 'Tea', ru: '' }, greeting: none, team: none, away: none, consent: none, privacy: none, proactive: [{ name: 'hi', text: { en: 'Hi', ru: '' } }], launcher: { icon: 'chat', text: none, size: 60 }, hide: { pages: null, devices: ['phone'] }, color: '#fff' };
  expect(changes(look as unknown as Look)).toEqual({
    title: { en: 'Tea' }, greeting: '', team: '', away: '', consent: '', privacy: '', proactive: [{ name: 'hi', text: { en: 'Hi' } }], color: '#fff', launcher: { icon: 'chat', text: '', size: 60 }, hide: { pages: [], devices: ['phone'] },
  });
});
