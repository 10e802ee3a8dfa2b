import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isAnswer, isOffer } from '../src/chat/offer/check';
import type { Entry } from '../src/chat/entry';
import type { NewEntry } from '../src/chat/wire';

const folder = new URL('../../bridge/gateway/wire/testdata/', import.meta.url);
const golden = (name: string): Entry => (JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as NewEntry).entry;

describe('the check', () => {
  it.each(['buttons', 'quick', 'date', 'choice', 'rating', 'cards'])('takes the golden offer of %s', (name) => {
    expect(isOffer(golden(`entry_offer_${name}`).offer)).toBe(true);
  });
  it.each(['press', 'form'])('takes the golden answer of a %s', (name) => {
    expect(isAnswer(golden(`entry_answer_${name}`).answer)).toBe(true);
  });
  it.each([
    null, 7, 'text', { buttons: {} }, { buttons: [null] }, { buttons: [{ text: 1 }] }, { buttons: [{ text: 'x', url: 1 }] }, { quick: 1 },
    { ask: 'text' }, { ask: {} }, { ask: { type: 'choice', choices: [1] } }, { ask: { type: 'text', max: 5 } }, { cards: [{}] },
    { cards: [{ title: 'x', image: { id: 'f' } }] }, { cards: [{ title: 'x', buttons: [{}] }] },
  ])('refuses %j', (offer) => {
    expect(isOffer(offer)).toBe(false);
  });
  it.each([undefined, 'e1', {}, { entry: 'e1', button: '0' }, { entry: 'e1', value: 7 }])('refuses %j for an answer', (answer) => {
    expect(isAnswer(answer)).toBe(false);
  });
});
