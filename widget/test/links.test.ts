import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { pieces } from '../src/chat/extras/links';

interface Row {
  readonly text: string;
  readonly links: string[];
}

// The assistant's filter of links reads the same table (bot/gpt/safe): it judges what becomes a link here.
const table = JSON.parse(
  readFileSync(new URL('../../bot/gpt/safe/testdata/links.json', import.meta.url), 'utf8'),
) as Row[];

it.each(table)('$text leads to $links', ({ text, links }) => {
  const found = pieces(text).flatMap(({ href }) => (href ? [new URL(href).host || href] : []));
  expect(found).toEqual(links);
});
