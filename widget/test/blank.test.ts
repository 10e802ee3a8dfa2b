import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { trimmed } from '../src/chat/blank';

const path = new URL('../../bridge/chat/plain/testdata/blank.json', import.meta.url);
const table = JSON.parse(readFileSync(path, 'utf8')) as Record<'blank' | 'shown', readonly string[]>;

test.each(table.blank)('%j shows nothing', (text) => {
  expect(trimmed(text)).toBe('');
});

test.each(table.shown)('%j shows something', (text) => {
  expect(trimmed(text)).toBe(text.trim());
});
