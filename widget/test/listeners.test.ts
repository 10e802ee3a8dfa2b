import { describe, expect, it } from 'vitest';
import type { Entry } from '../src/chat/entry';
import { News, ratedOf } from '../src/chat/listeners';
import { emptyTimeline, fold } from '../src/chat/timeline';

const entry = (seq: number, party: string, more: Partial<Entry> = {}): Entry => ({ id: `e${seq}`, seq, kind: 'message', at: seq, author: { party, id: party }, text: `t${seq}`, ...more });
const anna = { author: { party: 'operator', id: 'anna', name: 'Anna' } };
const bob = { author: { party: 'operator', id: 'bob', name: 'Bob' } };

describe('the news of a journal', () => {
  it('are what came since it was first looked at, each once', () => {
    const news = new News();
    let timeline = fold(emptyTimeline, [entry(1, 'visitor'), entry(2, 'bot')]);
    expect(news.after(timeline)).toEqual([]);
    timeline = fold(timeline, [entry(3, 'visitor'), entry(4, 'bot')]);
    expect(news.after(timeline).map(({ seq }) => seq)).toEqual([3, 4]);
    expect(news.after(timeline)).toEqual([]);
    // Older ones are no news, and neither is another journal.
    expect(news.after(fold(timeline, [entry(0.5, 'bot')]))).toEqual([]);
    expect(news.after(fold(emptyTimeline, [entry(1, 'bot')]))).toEqual([]);
  });

  it('of an empty journal begin with the first entry', () => {
    const news = new News();
    expect(news.after(emptyTimeline)).toEqual([]);
    expect(news.after(fold(emptyTimeline, [entry(1, 'visitor')]))).toHaveLength(1);
  });

  it('tell who takes over, and that the last one has left', () => {
    const news = new News();
    let timeline = fold(emptyTimeline, [entry(1, 'visitor')]);
    expect(news.hand(timeline, 0)).toBeUndefined();
    timeline = fold(timeline, [entry(2, 'operator', anna)]);
    expect(news.hand(timeline, 0)).toEqual({ to: 'operator', name: 'Anna' });
    timeline = fold(timeline, [entry(3, 'operator', anna), entry(4, 'bot')]);
    expect(news.hand(timeline, 0)).toBeUndefined();
    timeline = fold(timeline, [entry(5, 'operator', bob)]);
    expect(news.hand(timeline, 0)).toEqual({ to: 'operator', name: 'Bob' });
    expect(news.hand(timeline, 5)).toEqual({ to: 'bot' });
    expect(news.hand(timeline, 5)).toBeUndefined();
  });

  it('do not tell of operators whose old messages are shown when the visitor scrolls up', () => {
    const news = new News();
    let timeline = fold(emptyTimeline, [entry(8, 'operator', bob), entry(9, 'bot')]);
    expect(news.hand(timeline, 0)).toBeUndefined();
    timeline = fold(timeline, [entry(1, 'operator', anna), entry(2, 'visitor')]);
    expect(news.hand(timeline, 0)).toBeUndefined();
    // Who was only seen so far up, and writes now, has not come anew.
    expect(news.hand(fold(timeline, [entry(10, 'operator', anna)]), 0)).toBeUndefined();
  });

  it('do not tell who was there before', () => {
    const news = new News();
    const timeline = fold(emptyTimeline, [entry(1, 'operator', anna)]);
    expect(news.hand(timeline, 0)).toBeUndefined();
    expect(news.hand(fold(timeline, [entry(2, 'operator', anna)]), 0)).toBeUndefined();
  });
});

describe('a rating', () => {
  const asked = entry(1, 'bot', { offer: { ask: { type: 'rating', max: '10' } } });
  const timeline = fold(emptyTimeline, [asked, entry(2, 'bot', { offer: { ask: { type: 'number' } } })]);

  it('is the answer to the question for one', () => {
    expect(ratedOf(entry(3, 'visitor', { answer: { entry: 'e1', value: '7' } }), timeline)).toEqual({ value: 7, max: 10 });
  });

  it.each([
    ['no answer', undefined],
    ['an answer to something else', { entry: 'e2', value: '7' }],
    ['an answer to what is not here', { entry: 'e9', value: '7' }],
    ['a word instead', { entry: 'e1' }],
    ['nonsense', 'e1'],
  ])('is not %s', (_, answer) => {
    expect(ratedOf(entry(3, 'visitor', { answer }), timeline)).toBeUndefined();
  });
});
