// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live } from '../src/chat/live';
import { checked, original } from '../src/chat/ai/check';
import type { State } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import { Log } from '../src/chat/ui/Log';
import { items } from '../src/chat/ui/view';
import type { Author, Entry } from '../src/chat/entry';
import type { ServerFrame, Site } from '../src/chat/wire';
import { inside } from './inside';

const notice = 'You are talking to an AI.';
const bot: Author = { party: 'bot' };
const visitor: Author = { party: 'visitor' };
const box = document.createElement('div');
const site: Site = { name: 's', max_length: 9, max_file_size: 0, ai_notice: notice };
const session = { state: {} as State, markRead: () => undefined, older: () => undefined, unread: 0 };
let state: State;
let live: Live;

const draw = (): Promise<void> =>
  act(() => {
    session.state = state;
    render(
      <Log state={state} items={items(state.timeline, [], 0, false, state.writing)} open={true}>
        {(_, rows) => rows}
      </Log>,
      box,
    );
  });
const entry = (seq: number, rest: Partial<Entry>): Entry => ({ id: `e${seq}`, seq, kind: 'message', at: 1, author: bot, text: `text ${seq}`, ...rest });
const hears = async (frame: ServerFrame): Promise<void> => {
  if (frame.t === 'entry') state = { ...state, timeline: fold(state.timeline, [frame.entry]) };
  await act(() => live.take(frame, state.timeline));
  await draw();
};
const says = (seq: number, rest: Partial<Entry>): Promise<void> => hears({ t: 'entry', entry: entry(seq, rest) });
const streams = (n: number, text: string): Promise<void> => hears({ t: 'stream', id: 'a', n, text });
const find = (what: string): Element | null => box.querySelector(what);
const writing = (): Element | null => find('.message[aria-hidden]');
/** What the notices stand over. */
const notices = (): (string | undefined)[] => [...box.querySelectorAll('.ai-notice')].map((e) => e.nextElementSibling?.id);
const ready = async (): Promise<void> => {
  await import('../src/chat/ai/ai');
  await act(async () => {
    await vi.dynamicImportSettled();
  });
};
const button = (): HTMLButtonElement => find('.ai-original button') as HTMLButtonElement;
const press = (): Promise<void> => act(() => button().click());
/** Draws those messages until all parts are here, and tells what the notices stand over then. */
const drawn = async (timeline: State['timeline']): Promise<(string | undefined)[]> => {
  for (let i = 0; i < 4; i++) {
    state = { ...state, timeline, connection: { phase: 'online' } as State['connection'], ahead: 0 };
    // oxlint-disable-next-line no-await-in-loop
    await draw();
    // oxlint-disable-next-line no-await-in-loop
    await ready();
  }
  return notices();
};

describe('the words of a model', () => {
  beforeEach(async () => {
    document.body.append(box);
    inside(session, { host: { settings: { site: 'shop' }, base: 'https://chat.example/', life: new AbortController(), root: document.createElement('div').attachShadow({ mode: 'open' }) } as never });
    state = { timeline: emptyTimeline, outbox: [], typing: [], writing: [], taken: [], read: 0, site } as unknown as State;
    live = new Live((change) => (state = { ...state, ...change }), new AbortController().signal);
    await says(1, { author: visitor, text: 'How long does delivery take?' });
    await ready();
  });
  afterEach(() => {
    render(null, box);
    box.remove();
  });

  it('appear as they come, and are read out once, complete', async () => {
    await streams(0, 'Within');
    await draw();
    const bubble = writing();
    expect(bubble?.querySelector('.text')?.textContent).toBe('Within');
    await act(() => live.take({ t: 'stream', id: 'a', n: 1, text: ' two days: https://shop.example/delivery' }, state.timeline));
    // Only the reply itself was drawn again.
    expect(writing()).toBe(bubble);
    expect(bubble?.querySelector('.text')?.textContent).toBe('Within two days: https://shop.example/delivery');
    expect(bubble?.querySelector('a, button')).toBeNull();
    expect(bubble?.closest('[role=log]')).not.toBeNull();
    await says(2, { text: 'Within two days: https://shop.example/delivery', ai: { stream: 'a' } });
    expect(writing()).toBeNull();
    const message = find('#m-e2');
    expect(message).not.toBe(bubble);
    expect(message?.closest('[aria-hidden]')).toBeNull();
    expect(message?.querySelector('a')?.getAttribute('rel')).toBe('noopener noreferrer nofollow');
    expect(box.querySelectorAll('.message')).toHaveLength(2);
  });

  it('stand before what the visitor writes meanwhile', async () => {
    await streams(0, 'Within');
    const outbox = [{ frame: { t: 'message', cid: 'c1', text: 'And abroad?' } as const, at: 9, tab: 't' }];
    const order = items(state.timeline, outbox, 0, false, state.writing).map((i) => i.text);
    expect(order).toEqual(['How long does delivery take?', 'Within', 'And abroad?']);
  });

  it('take the place of the dots, for who sees them', async () => {
    await hears({ t: 'typing', on: true, author: bot });
    expect(find('.typing i')).not.toBeNull();
    await streams(0, 'Within');
    expect(find('.typing i')).toBeNull();
    expect(find('.typing .sr')?.textContent).toBe('Assistant is typing…');
    await hears({ t: 'typing', on: true, author: { party: 'operator', id: 'o', name: 'Anna' } });
    expect(find('.typing i')).not.toBeNull();
  });

  it('have the notice over the first of them, once, and never over others', async () => {
    await says(2, { text: 'A chain’s words' });
    expect(notices()).toEqual([]);
    await streams(0, 'Within');
    expect(notices()).toEqual(['']);
    expect(find('.ai-notice')?.textContent).toBe(notice);
    expect(find('.ai-notice')?.getAttribute('aria-hidden')).toBe('true');
    await says(3, { ai: { stream: 'a' } });
    await says(4, { ai: {} });
    expect(notices()).toEqual(['m-e3']);
    expect(find('.ai-notice')?.getAttribute('aria-hidden')).toBe('false');
  });

  it('of a long dialog have the notice over the first of them only, also when earlier ones come', { timeout: 20_000 }, async () => {
    await import('../src/chat/history/history');
    const many = (from: number, to: number): Entry[] => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, { ai: {} }));
    // Of one block with what comes before, which is drawn where nothing has a size.
    const newest = fold(emptyTimeline, [entry(201, { author: visitor }), ...many(202, 360)]);
    expect(await drawn(newest)).toEqual(['m-e202']);
    expect(await drawn(fold(newest, many(200, 200)))).toEqual(['m-e200']);
  });

  it('have no notice where the site wants none', async () => {
    state = { ...state, site: { ...site, ai_notice: '' } };
    await says(2, { ai: {} });
    await ready();
    await draw();
    expect(find('.ai-notice')).toBeNull();
  });

  it('name what they rest on, with links that are safe', async () => {
    const sources = [{ title: 'Delivery', url: 'https://shop.example/delivery' }, { title: 'Returns' }, { title: 'Trap', url: 'javascript:alert(1)' }];
    await says(2, { ai: { sources } });
    await ready();
    expect(find('.ai-marks')?.textContent).toBe('Sources:DeliveryReturnsTrap');
    const links = [...box.querySelectorAll('.ai-marks a')];
    expect(links.map((a) => a.outerHTML)).toEqual([
      '<a href="https://shop.example/delivery" target="_blank" rel="noopener noreferrer nofollow" dir="auto">Delivery</a>',
    ]);
  });

  it('say that they were interrupted', async () => {
    await says(2, { ai: { stream: 'a', interrupted: true } });
    await ready();
    expect(find('.ai-marks')?.textContent).toBe('Interrupted');
    await says(3, { ai: { stream: 'b' } });
    expect(box.querySelectorAll('.ai-marks')).toHaveLength(1);
  });

  it('are not folded, however long', async () => {
    await says(2, { text: 'long '.repeat(200), ai: {} });
    expect(find('.fold')).toBeNull();
    await says(3, { text: 'long '.repeat(200) });
    expect(find('.fold')).not.toBeNull();
  });
});

it.each([
  [undefined, [], false],
  [null, [], false],
  ['x', [], false],
  [{ sources: 'x', interrupted: 'yes' }, [], false],
  [{ sources: [null, 1, {}, { title: 1 }, { title: '' }, { title: 'x', url: 7 }, { title: 'A' }], interrupted: true }, [{ title: 'A' }], true],
])('what has not the form of an AI is left out: %j', (ai, sources, interrupted) => {
  expect(checked(ai)).toEqual({ sources, interrupted });
});

describe('words that a model translated', () => {
  const anna: Author = { party: 'operator', id: 'a', name: 'Anna' };
  const made = { text: 'The tea comes tomorrow.', html: 'The tea comes <b>tomorrow</b>.', lang: 'en', into: 'de' };

  beforeEach(async () => {
    document.body.append(box);
    inside(session, { host: { settings: { site: 'shop' }, base: 'https://chat.example/', life: new AbortController(), root: document.createElement('div').attachShadow({ mode: 'open' }) } as never });
    state = { timeline: emptyTimeline, outbox: [], typing: [], writing: [], taken: [], read: 0, site } as unknown as State;
    live = new Live((change) => (state = { ...state, ...change }), new AbortController().signal);
    await says(1, { author: visitor, text: 'Wann kommt der Tee?' });
    await says(2, { author: anna, text: 'Der Tee kommt morgen.', original: made });
    await ready();
  });
  afterEach(() => {
    render(null, box);
    box.remove();
  });

  it('say so, and show what was written when they are asked, with its formatting', async () => {
    expect(find('#m-e2 .bubble')?.textContent).toContain('Der Tee kommt morgen.');
    expect(find('.ai-original')?.textContent).toBe('Translated · show original');
    expect(box.textContent).not.toContain('The tea comes');
    await press();
    expect(button().textContent).toBe('hide original');
    expect(find('.ai-original blockquote')?.getAttribute('lang')).toBe('en');
    expect(find('.ai-original blockquote b')?.textContent).toBe('tomorrow');
    await press();
    expect(box.textContent).not.toContain('The tea comes');
  });

  it('follow an edit, and have nothing to show where that was not translated, or when they are removed', async () => {
    await press();
    await says(3, { author: anna, kind: 'edit', target: 'e2', text: 'Der Tee kommt heute.', original: { ...made, text: 'It comes today.', html: undefined } });
    expect(find('.ai-original blockquote')?.textContent).toBe('It comes today.');
    await says(4, { author: anna, kind: 'edit', target: 'e2', text: 'It comes on Monday.' });
    expect(find('.ai-original')).toBeNull();
    await says(5, { author: anna, text: 'Noch Fragen?', original: { ...made, text: 'Questions?' } });
    await act(() => (find('#m-e5 .actions button') as HTMLButtonElement).click());
    expect(find('#m-e5 .ai-original')).not.toBeNull();
    await says(6, { author: anna, kind: 'redaction', target: 'e5' });
    expect(find('#m-e5 .ai-original')).toBeNull();
  });

  it('are the operators’ alone: the visitor reads his own as he wrote them', () => {
    expect(find('#m-e1 .bubble')?.textContent).toContain('Wann kommt der Tee?');
    expect(find('#m-e1 .ai-original')).toBeNull();
  });

  it.each([undefined, null, 'x', {}, { text: '' , lang: 'en', into: 'de' }, { text: 'x', lang: 'en' }, { text: 7, lang: 'en', into: 'de' }])(
    'have no original in %j', (value) => {
      expect(original(value)).toBeUndefined();
    },
  );

  it('keep their words where only the formatting is not one', () => {
    expect(original({ ...made, html: 5 })).toEqual({ text: made.text, lang: 'en', into: 'de' });
  });
});
