import { expect, it } from 'vitest';
import { kindOf, plainNumber, valueOf } from '../../src/panel/card/kinds';

it.each([
  ['100', 'number'], ['-0.5', 'number'], ['0', 'number'], ['00417', 'text'], ['4915112345678901', 'text'], ['1e9', 'text'], ['', 'text'],
  ['true', 'yesno'], ['false', 'yesno'], ['yes', 'text'],
  ['2026-02-28', 'date'], ['2026-13-01', 'text'], ['26-02-28', 'text'],
  ['https://shop.example/', 'link'], ['javascript:alert(1)', 'text'], ['https://', 'text'],
])('%s is shown as %s', (value, kind) => {
  expect(kindOf(value)).toBe(kind);
});

it.each([
  ['number', ' 1 200,50 ', '1200.50'], ['number', ' 1,200 ', undefined], ['number', 'many', undefined], ['number', '007', undefined],
  ['yesno', 'true', 'true'], ['yesno', 'maybe', undefined],
  ['date', '2026-02-28', '2026-02-28'], ['date', 'tomorrow', undefined],
  ['link', 'shop.example/x', 'https://shop.example/x'], ['link', 'javascript:alert(1)', undefined], ['link', '', undefined],
  ['text', '  hello ', 'hello'], ['text', '  ', undefined],
] as const)('of the kind %s, "%s" is kept as %s', (kind, typed, kept) => {
  expect(valueOf(kind, typed)).toBe(kept);
});

it.each([['1200.50', '1200.50'], ['1\u202F200,5', '1200.5'], ['−3', '-3'], ['1,200.50', undefined], ['1,200', undefined], ['−12,500', undefined], ['0,125', '0.125'], ['1200,500', '1200.500'], ['1 200,500', '1200.500'], ['.5', undefined], ['5.', undefined]])('the number %s is %s', (typed, plain) => {
  expect(plainNumber(typed)).toBe(plain);
});
