// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { watch } from '../src/chat/hide';
import type { Host } from '../src/loader/host';
import { Shelf } from './shelf';

const show = vi.fn<(open: boolean, quiet?: boolean) => void>();
let life: AbortController;

/** A page, which the site names or not, on whose start the window is open already, or not. */
const visit = (open: boolean, pages = ['/*']): void => {
  const element = document.createElement('anteroom-chat');
  const launcher = document.createElement('button');
  launcher.setAttribute('aria-expanded', String(open));
  const root = element.attachShadow({ mode: 'open' });
  root.append(launcher);
  watch({ settings: { site: 'shop', hide: pages }, api: {}, launcher, life, root, show } as unknown as Host);
  expect(element.className).toBe(pages[0] === '/*' ? 'on off' : 'on');
};

beforeEach(() => {
  life = new AbortController();
  show.mockClear();
  vi.stubGlobal('sessionStorage', new Shelf());
});
afterEach(() => {
  life.abort();
  vi.unstubAllGlobals();
});

it('what the page has opened as it loads stays', () => {
  visit(true);
  expect(show).not.toHaveBeenCalled();
});

it('what the page has opened does not follow to the next one, which would take it for the visitor’s', () => {
  visit(true);
  sessionStorage.setItem('anteroom.shop.open', '1'); // as the window writes it
  dispatchEvent(new Event('pagehide'));
  expect(sessionStorage.getItem('anteroom.shop.open')).toBeNull();
  visit(true);
  expect(show).not.toHaveBeenCalled();
});

it('what the visitor had open on the page before is closed', () => {
  sessionStorage.setItem('anteroom.shop.open', '1');
  visit(true);
  expect(show).toHaveBeenCalledExactlyOnceWith(false, true);
});

it('stays where the page is not named, and nothing is closed that is not open', () => {
  sessionStorage.setItem('anteroom.shop.open', '1');
  visit(true, ['/elsewhere']);
  visit(false);
  expect(show).not.toHaveBeenCalled();
});
