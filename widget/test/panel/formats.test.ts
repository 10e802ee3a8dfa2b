import { expect, it } from 'vitest';
import { Formats, variantOf } from '../../src/panel/formats';

it('times and days are those of the variant that the browser knows of the language', () => {
  const tag = variantOf('en', ['ru-RU', 'en-GB', 'en-US', 'en']);
  expect(tag).toBe('en-GB');
  expect(new Formats(tag).full('2026-11-24T15:30:00')).toBe('24 Nov 2026, 15:30');
});

it('a language without a variant, or with one that is no tag, is the language', () => {
  for (const known of [[], ['en'], ['eng-GB', 'de-AT'], ['en-US@posix']]) expect(variantOf('en', known)).toBe('en');
});
