import { expect, it } from 'vitest';
import { columnAt, named, scale, stack } from '../../src/panel/charts/geometry';
import { Figures } from '../../src/panel/inbox/figures';

it('the lines of a chart are few, at round numbers, and over every value', () => {
  for (let high = 0; high < 5000; high++) {
    const { top, lines } = scale(high);
    expect(top).toBeGreaterThanOrEqual(high);
    expect(lines.length).toBeLessThanOrEqual(5);
    expect(lines.every(Number.isInteger)).toBe(true);
    expect(lines.at(-1)).toBe(top);
  }
  expect(scale(0)).toEqual({ top: 1, lines: [0, 1] });
  expect(scale(17).lines).toEqual([0, 5, 10, 15, 20]);
  expect(scale(NaN).top).toBe(1);
});

it('the parts of a column stand on each other', () => {
  expect(stack([1, 0, 3], 4)).toEqual([{ y: 75, height: 25 }, { y: 75, height: 0 }, { y: 0, height: 75 }]);
});

it('not every column is named', () => {
  expect(named(24, 8)).toBe(3);
  expect(named(24, 5)).toBe(6);
  expect(named(92, 6)).toBe(16);
  expect(named(7, 9)).toBe(1);
});

it('a place is over one column', () => {
  expect(columnAt(0, 240, 24)).toBe(0);
  expect(columnAt(239.9, 240, 24)).toBe(23);
  expect(columnAt(-5, 240, 24)).toBe(0);
  expect(columnAt(999, 240, 24)).toBe(23);
});

const plain = (s: string): string => s.replaceAll(/[\u00a0\u202f]/g, ' ');

it('people read numbers as they write them', () => {
  const [en, ru] = [new Figures('en-GB'), new Figures('ru')];
  const forms = { one: '# диалог', few: '# диалога', many: '# диалогов', other: '# диалога' };
  expect([1, 2, 5, 21, 1111].map((n) => plain(ru.plural(n, forms)))).toEqual(['1 диалог', '2 диалога', '5 диалогов', '21 диалог', '1 111 диалогов']);
  expect([12, 90, 3725, 90_061].map((s) => plain(en.span(s)))).toEqual(['12 secs', '1 min', '1 hr 2 mins', '1 day 1 hr']);
  expect(plain(ru.span(3725))).toBe('1 ч 2 мин');
  expect(plain(en.exact(95))).toBe('1 min 35 secs');
  expect([en.hour(9), new Figures('en').hour(21), ru.hour(0)].map(plain)).toEqual(['09:00', '9 PM', '00:00']);
  expect(en.day('2026-11-27')).toBe('27 Nov');
  expect(en.day('soon')).toBe('soon');
});
