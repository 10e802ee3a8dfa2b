// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { answering, editing } from '../src/chat/extras/about';
import { Quote } from '../src/chat/extras/Parts';
import type { Session } from '../src/chat/session';
import type { Draft, State } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Timeline } from '../src/chat/timeline';
import { Composer } from '../src/chat/ui/Composer';
import type { About } from '../src/chat/ui/Composer';
import { items } from '../src/chat/ui/view';
import type { Entry } from '../src/chat/entry';
import { inside } from './inside';

const entry = (seq: number, rest: Partial<Entry>): Entry => ({ id: `e${seq}`, seq, kind: 'message', at: seq, author: { party: 'visitor' }, ...rest });
const before = fold(emptyTimeline, [entry(1, { text: 'The quoted words' })]);
const after = fold(before, [entry(2, { kind: 'redaction', target: 'e1' })]);

describe('when the message is removed that one writes about', () => {
  const box = document.createElement('div');
  let about: About | undefined;
  let sent: Draft[];
  const session = { state: {} as State, send: (draft: Draft) => sent.push(draft), say: vi.fn<() => boolean>() };
  const text = (): HTMLTextAreaElement => box.querySelector('textarea') as HTMLTextAreaElement;

  const draw = async (timeline: Timeline): Promise<void> => {
    session.state = { timeline } as State;
    await act(() => {
      render(
        <Composer state={session.state} about={about} onFiles={() => undefined} />,
        box,
      );
    });
  };
  const writes = async (words: string): Promise<void> => {
    await act(() => {
      text().value = words;
      text().dispatchEvent(new Event('input', { bubbles: true }));
    });
  };
  const [item] = items(before, [], 0);
  const starts = async (how: 'reply' | 'edit'): Promise<void> => {
    const talk = session as unknown as Session;
    about = item && (how === 'edit' ? editing(talk, item, 'Save') : answering(talk, item));
    await draw(before);
    await writes('My words');
    expect(box.querySelector('.about')?.textContent).toContain('The quoted words');
    await draw(after);
  };

  beforeEach(() => {
    render(null, box);
    sessionStorage.clear();
    sent = [];
    inside(session, { compose: (to) => (about = to) });
  });

  it('the bar of an answer says so, and it goes without the quote', async () => {
    await starts('reply');
    expect(box.querySelector('.about')?.textContent).toBe('Reply to YouMessage removed');
    box.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
    expect(sent).toEqual([{ t: 'message', text: 'My words' }]);
  });

  it('the words of an edit stay as a new message', async () => {
    await starts('edit');
    expect(about).toBeUndefined();
    await draw(after);
    expect(text().value).toBe('My words');
    box.querySelector('form')?.dispatchEvent(new Event('submit', { cancelable: true }));
    expect(sent).toEqual([{ t: 'message', text: 'My words' }]);
  });
});

it.each([
  ['a gallery, by its cards', { offer: { cards: [{ title: 'Morning, a mug' }, { title: 'Harbour, a bowl' }] } }, 'Morning, a mug, Harbour, a bowl'],
  ['buttons, by what is on them', { offer: { buttons: [{ text: 'Green' }, { text: 'Black' }] } }, 'Green, Black'],
  ['a place', { location: { latitude: 1, longitude: 2 } }, 'Place on the map'],
  ['an offer of another form, by nothing', { offer: { cards: 7 } }, ''],
])('what has no words is quoted as what it is: %s', async (_what, has, said) => {
  const quotes = document.createElement('div');
  const [of] = items(fold(emptyTimeline, [entry(1, has)]), [], 0);
  inside({});
  await act(() => render(<Quote id="e1" quoted={of} />, quotes));
  expect(quotes.querySelector('.quote span')?.textContent).toBe(said);
});
