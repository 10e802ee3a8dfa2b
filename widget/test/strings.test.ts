import { describe, expect, it } from 'vitest';
import { rare as enRare } from '../src/i18n/en.rare';
import { rare as ruRare } from '../src/i18n/ru.rare';
import { rare as arRare } from '../src/i18n/ar.rare';
import { grouped } from '../src/chat/emoji/data';
import { words as ru } from '../src/chat/emoji/data.ru';
import { words as ar } from '../src/chat/emoji/data.ar';
import { codes } from '../src/chat/wire';
import { size } from '../src/chat/extras/size';

const languages = [enRare, ruRare, arRare];

describe('words', () => {
  it('end with one point where a date stands in them, whatever the date ends with', () => {
    for (const [i, rare] of languages.entries()) {
      const date = new Intl.DateTimeFormat(['en', 'ru', 'ar'][i], { dateStyle: 'long' }).format(new Date(2026, 10, 30));
      for (const sentence of [rare.offer.earliest(date), rare.offer.latest(date)]) expect(sentence).toMatch(/[^.]\.$/);
    }
  });

  it('have their own sentence for every code, in each language', () => {
    for (const rare of languages) {
      const sentences = codes.map((code) => rare.errors[code]);
      expect(new Set(sentences).size).toBe(codes.length);
      for (const sentence of sentences) expect(sentence).toMatch(/^[\p{Lu}\p{Script=Arabic}].*\.$/u);
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

  it.each([
    [0, '0 رسالة جديدة'],
    [1, 'رسالة جديدة'],
    [2, 'رسالتان جديدتان'],
    [3, '3 رسائل جديدة'],
    [11, '11 رسالة جديدة'],
    [100, '100 رسالة جديدة'],
    [103, '103 رسائل جديدة'],
  ])('have Arabic plurals: %d', (n, words) => {
    expect(arRare.newMessages(n)).toBe(words);
  });

  it('have English plurals', () => {
    expect([enRare.newMessages(1), enRare.newMessages(2)]).toEqual(['1 new message', '2 new messages']);
  });

  it('keep an address apart in an Arabic sentence', () => {
    for (const say of [arRare.menu.sent, arRare.menu.answersTo]) expect(say('ann@example.com')).toContain('\u2068ann@example.com\u2069.');
  });

  it('tell sizes', () => {
    expect(size(0, enRare, 'en')).toBe('');
    expect(size(900, enRare, 'en')).toBe('900 B');
    expect(size(1536, ruRare, 'ru')).toBe('1,5 КБ');
    expect(size(10 * 1024 * 1024, ruRare, 'ru')).toBe('10 МБ');
  });
});

it('every group of emoji has a name, and every emoji one in each language', () => {
  const groups = grouped();
  for (const rare of languages) expect(groups).toHaveLength(rare.emojiGroups.length);
  for (const [words, letters] of [[undefined, /[a-z]/], [ru, /[а-яё]/], [ar, /\p{Script=Arabic}/u]] as const) {
    for (const [at, group] of grouped(words).entries()) {
      expect(group.map((e) => e.emoji)).toEqual(groups[at]?.map((e) => e.emoji));
      for (const { emoji, name } of group) {
        expect(emoji).toMatch(/^\P{L}+$/u);
        expect(name).toMatch(letters);
      }
    }
  }
});
