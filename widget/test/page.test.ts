// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { currentPage, watchPage } from '../src/chat/page';
import { report } from '../src/chat/report';

describe('a page that changes without a load', () => {
  const navigation = new EventTarget();
  let seen: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('navigation', navigation);
    history.replaceState(null, '', '/tea#top');
    document.title = 'Tea';
    seen = [];
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const watch = (): void => {
    const mine = seen; // those of the tests before go on
    watchPage(() => mine.push(`${new URL(currentPage().url).pathname} ${currentPage().title}`), new AbortController().signal);
  };
  const goes = (path: string): void => {
    history.pushState(null, '', path);
    navigation.dispatchEvent(new Event('currententrychange'));
  };

  it('is told once for each stay, with the title that it gets after the URL, and never with its fragment', () => {
    watch();
    goes('/cart?x=1');
    goes('/coffee#secret');
    expect(currentPage().url).not.toContain('#');
    vi.advanceTimersByTime(1000);
    document.title = 'Coffee';
    vi.advanceTimersByTime(1000);
    expect(seen).toEqual(['/coffee Coffee']);
    navigation.dispatchEvent(new Event('currententrychange'));
    vi.advanceTimersByTime(5000);
    expect(seen).toHaveLength(1);
  });

  it('is noticed in browsers without the Navigation API when the visitor acts, and so is a title that came late', () => {
    vi.stubGlobal('navigation', undefined);
    watch();
    for (const [act, path] of [['popstate', '/a'], ['focus', '/b'], ['click', '/c']] as const) {
      history.replaceState(null, '', path);
      (act === 'click' ? document.body : window).dispatchEvent(new Event(act));
      vi.advanceTimersByTime(2000);
    }
    document.title = 'Late';
    document.body.click();
    vi.advanceTimersByTime(2000);
    expect(seen).toEqual(['/a Tea', '/b Tea', '/c Tea', '/c Late']);
  });

  it('leaves history as it was', () => {
    const before = Reflect.ownKeys(history);
    vi.stubGlobal('navigation', undefined);
    watch();
    expect(Reflect.ownKeys(history)).toEqual(before);
  });

  it('may say itself where the visitor is, until the address changes', () => {
    history.replaceState(null, '', '/app');
    report({ url: 'https://shop.example/checkout', title: 'x'.repeat(5000) });
    expect(currentPage()).toMatchObject({ url: 'https://shop.example/checkout', title: 'x'.repeat(2048) });
    history.replaceState(null, '', '/other');
    expect(currentPage()).toMatchObject({ title: 'Tea' });
    history.replaceState(null, '', '/app');
    report({ title: 'Only a title' });
    expect(new URL(currentPage().url).pathname).toBe('/app');
  });

  it('is told to all who watch it', () => {
    const others: string[] = [];
    watchPage(() => others.push(new URL(currentPage().url).pathname), new AbortController().signal);
    watch();
    goes('/tea/green');
    vi.advanceTimersByTime(2000);
    expect([others, seen.length]).toEqual([['/tea/green'], 1]);
  });
});
