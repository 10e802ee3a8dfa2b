import { describe, expect, it } from 'vitest';
import { sentence } from '../../src/panel/context';
import { strings as en } from '../../src/panel/i18n/en';
import { figures } from '../../src/panel/i18n/en.figures';
import { strings as ru } from '../../src/panel/i18n/ru';
import { ApiProblem } from '../../src/panel/problem';

/** What the API refuses an operator's own act with (bridge/chat/error.go, error_desk.go). */
const codes = [
  'too_fast', 'unavailable', 'internal', 'unknown_contact', 'unknown_deal', 'unknown_operator', 'unknown_site', 'not_operator', 'bad_scope', 'moved', 'closed',
  'bad_contact', 'bad_deal', 'bad_amount', 'bad_variable', 'bad_request', 'key_reused', 'blocked', 'empty', 'too_long', 'too_large', 'no_address', 'wrong_number',
];

describe.each(codes)('%s', (code) => {
  it('is told in Russian, whatever the bridge says', () => {
    expect(sentence(ru, new ApiProblem(code, 400, 'English words'))).toMatch(/^[А-ЯЁ][^A-Za-z]*\.$/);
  });
});

it.each(['bad_deal', 'bad_amount', 'bad_variable', 'blocked', 'no_address', 'wrong_number', 'key_reused'])('%s, which the bridge tells to programs, has words for people in English', (code) => {
  expect(sentence(en, new ApiProblem(code, 400, 'Words of the API'))).not.toBe('Words of the API');
});

it('the highest column of a chart is told as what was, not as what may be', () => {
  expect(figures.stats.most('12 messages', '9 AM')).toBe('Most: 12 messages, 9 AM.');
});

it('a limit is told in English as the bridge does, with its number', () => {
  expect(sentence(en, new ApiProblem('too_large', 400, 'A visitor has at most 50 tags.'))).toBe('A visitor has at most 50 tags.');
});
