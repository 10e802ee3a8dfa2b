import { readFileSync, rmSync } from 'node:fs';
import { expect, it } from 'vitest';
import { sentences } from '../scripts/sentences';

interface Node {
  readonly name: string;
  readonly kind: string;
  readonly en?: unknown;
  readonly counted?: string;
  readonly children?: readonly Node[];
}

it('the bridge is told of every sentence, with marks for what it is filled with', async () => {
  const warned: string[] = [];
  const file = `dist/sentences.test.json`;
  const { writeBundle } = sentences(file);
  await (writeBundle as unknown as (this: object) => Promise<void>).call({ warn: (what: string) => warned.push(what) });
  const all = JSON.parse(readFileSync(file, 'utf8')) as readonly Node[];
  rmSync(file);
  expect(warned).toEqual([]);
  const at = (path: string): Node => {
    let here: Node = { name: '', kind: 'section', children: all };
    for (const name of path.split('.')) here = here.children?.find((n) => n.name === name) ?? { name, kind: 'missing' };
    return here;
  };
  expect(at('title').en).toBe('Chat with us');
  expect(at('answers').en).toBe('{name} is answering you');
  expect(at('rare.newMessages').en).toEqual({ one: '{n} new message', other: '{n} new messages' });
  expect(at('rare.typing').en).toEqual({ one: '{names} is typing…', other: '{names} are typing…' });
  expect(at('rare.uploading').en).toBe('Uploading, {percent}%');
  expect(at('rare.tooLong').en).toEqual({
    one: 'The message is too long by {over} character. The limit is {limit}.',
    other: 'The message is too long by {over} characters. The limit is {limit}.',
  });
  expect(at('rare.reaction').en).toEqual({
    yes: { one: '{emoji} {n} reaction, yours too', other: '{emoji} {n} reactions, yours too' },
    no: { one: '{emoji} {n} reaction', other: '{emoji} {n} reactions' },
  });
  expect(at('rare.files.limits').en).toEqual({ one: 'Up to {count} file at once, {size} each: {kinds}.', other: 'Up to {count} files at once, {size} each: {kinds}.' });
  expect(at('rare.offer.stars').en).toBe('{n} out of {max}');
  expect(at('rare.errors').kind).toBe('map');
  expect(at('rare.errors.too_long').en).toMatch(/too long/);
});
