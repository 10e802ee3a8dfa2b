import { describe, expect, it } from 'vitest';
import { rare as enRare } from '../src/i18n/en.rare';
import { rare as ruRare } from '../src/i18n/ru.rare';
import { groups } from '../src/chat/emoji/data';
import { codes } from '../src/chat/wire';
import { size } from '../src/chat/extras/size';

describe('words', () => {
  it('have their own sentence for every code, in both languages', () => {
    for (const rare of [enRare, ruRare]) {
      const sentences = codes.map((code) => rare.errors[code]);
      expect(new Set(sentences).size).toBe(codes.length);
      for (const sentence of sentences) expect(sentence).toMatch(/^\p{Lu}.*\.$/u);
    }
  });

  it.each([
    [1, '1 новое сообщение'],
    [2, '2 новых сообщения'],
    [5, '5 новых сообщений'],
    [11, '11 новых сообщений'],
    [21, '21 новое сообщение'],
    [112, '112 новых сообщений'],
  ])('have Russian plurals: %d', (n, words) => {
    expect(ruRare.newMessages(n)).toBe(words);
  });

  it('have English plurals', () => {
    expect([enRare.newMessages(1), enRare.newMessages(2)]).toEqual(['1 new message', '2 new messages']);
  });

  it('tell sizes', () => {
    expect(size(0, enRare, 'en')).toBe('');
    expect(size(900, enRare, 'en')).toBe('900 B');
    expect(size(1536, ruRare, 'ru')).toBe('1,5 КБ');
    expect(size(10 * 1024 * 1024, ruRare, 'ru')).toBe('10 МБ');
  });
});

it('every group of emoji has a name, and every emoji one in both languages', () => {
  expect(groups).toHaveLength(enRare.emojiGroups.length);
  expect(groups).toHaveLength(ruRare.emojiGroups.length);
  for (const { emoji, name } of groups.flat()) {
    expect(emoji).toMatch(/^\P{L}+$/u);
    expect(name.en).toMatch(/[a-z]/);
    expect(name.ru).toMatch(/[а-яё]/);
  }
});
