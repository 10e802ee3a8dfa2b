// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Dock } from '../src/chat/offer/Dock';
import { openQuestion, press, pressed, quickReplies } from '../src/chat/offer/offers';
import { Offers } from '../src/chat/offer/Offers';
import { readable } from '../src/chat/offer/readable';
import type { Outbox } from '../src/chat/outbox';
import type { Session } from '../src/chat/session';
import type { Draft } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import { useChat } from '../src/chat/ui/context';
import { items } from '../src/chat/ui/view';
import type { Item } from '../src/chat/ui/view';
import type { Answer, Entry, Offer } from '../src/chat/entry';
import type { Message } from '../src/chat/wire';
import { strings } from '../src/i18n/en';
import { inside } from './inside';

const says = (seq: number, party: string, rest: Partial<Entry> = {}): Entry => ({
  id: `e${seq}`, seq, kind: 'message', at: seq, author: { party }, text: `text ${seq}`, ...rest,
});
const waits = (frame: Partial<Message>, failed?: string): Outbox[number] => ({
  frame: { t: 'message', cid: 'c', ...frame }, at: 99, tab: 't', ...(failed && { failed }),
});

const answer = (button: number): { answer: Answer } => ({ answer: { entry: 'e1', button } });

let sent: Draft[];
let outbox: Outbox;
/** Of the window's language. */
let tag: string;
let timeline = emptyTimeline;
/** How far operators have left, and how far the gateway's clock is ahead. */
let [gone, ahead] = [0, 0];
const box = document.createElement('div');
const chosen = vi.fn<(files: Iterable<File>) => void>();

/** A session that holds these, seen in the window. */
function talk(...entries: Entry[]): Session {
  timeline = fold(emptyTimeline, entries);
  const session = {
    get state() {
      return { timeline, outbox, left: gone, ahead, connection: { phase: 'online' }, site: { name: 's', max_length: 512, max_file_size: 1, file_types: ['image/*'] } };
    },
    send: (draft: Draft) => sent.push(draft),
  } as unknown as Session;
  inside(session, { host: { settings: { site: 'shop' }, base: 'https://chat.example/', root: new DocumentFragment() } as never, strings: { ...strings, tag } });
  return session;
}
const shown = (): Item[] => items(timeline, outbox, 0);
const dock = (): Promise<void> => act(() => render(<Dock items={shown()} onFiles={chosen} />, box));
const under = (n = 0): Promise<void> => act(() => render(<Offers item={shown()[n] as Item} />, box));
const find = (what: string): HTMLInputElement => box.querySelector(what) as HTMLInputElement;
const all = (what: string): string[] => [...box.querySelectorAll(what)].map((e) => e.textContent);
const half = (): string | null => sessionStorage.getItem('anteroom.shop.ask');
const asks = (ask: Offer['ask']): Entry => says(1, 'bot', { offer: { ask } });
const fills = (value: string): Promise<void> =>
  act(() => {
    find('input, textarea').value = value;
    find('input, textarea').dispatchEvent(new Event('input', { bubbles: true }));
  });
const submits = (): Promise<void> => act(() => void find('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
const clicks = (what: string, n = 0): Promise<void> => act(() => (box.querySelectorAll(what)[n] as HTMLElement).click());

beforeEach(() => {
  tag = 'en';
  sessionStorage.clear();
  // Only what is in a document tells of its changes.
  document.body.append(box);
  render(null, box);
  [sent, outbox] = [[], []];
  [gone, ahead] = [0, 0];
  chosen.mockClear();
});

describe('a press', () => {
  const plans = { buttons: [{ text: 'Team' }, { text: 'Basic' }], cards: [{ title: 'a', buttons: [{ text: 'Order' }] }, { title: 'b', buttons: [{ text: 'Order' }] }] };

  it('says the words of the button, and shows in every tab', async () => {
    talk(says(1, 'bot', { offer: plans }));
    await under();
    expect(all('.press')).toEqual(['Team', 'Basic', 'Order', 'Order']);
    await clicks('.press', 1);
    await clicks('.press', 3);
    expect(sent).toEqual([
      { t: 'message', text: 'Basic', ...answer(1) },
      { t: 'message', text: 'Order', ...answer(3) },
    ]);
    outbox = [waits(answer(1))];
    timeline = fold(timeline, [says(2, 'visitor', answer(3))]);
    await under();
    expect([...box.querySelectorAll('.taken')].map((b) => b.getAttribute('aria-label'))).toEqual(['Basic, chosen', 'Order, chosen']);
  });

  it('is said with the comma of its language', async () => {
    tag = 'ar';
    talk(says(1, 'bot', { offer: plans }), says(2, 'visitor', answer(1)));
    await under();
    expect(box.querySelector('.taken')?.getAttribute('aria-label')).toBe('Basic، chosen');
  });

  it('of what was refused or removed does not show', () => {
    talk(says(1, 'bot', { offer: plans }), says(2, 'visitor', answer(0)), { ...says(3, 'visitor'), kind: 'redaction', target: 'e2' });
    outbox = [waits(answer(1), 'unknown_target')];
    expect([...pressed({ timeline, outbox } as never, 'e1')]).toEqual([]);
  });

  it('again with nothing said since is the same press', () => {
    const session = talk(says(1, 'bot', { offer: plans }), says(2, 'visitor', answer(0)));
    press(session, 'e1', 0, { text: 'Team' });
    expect(sent).toHaveLength(0);
    outbox = [waits({ text: 'wait' })];
    press(session, 'e1', 0, { text: 'Team' });
    outbox = [waits(answer(0), 'internal')];
    timeline = fold(timeline, [says(4, 'visitor')]);
    press(session, 'e1', 0, { text: 'Team' });
    expect(sent).toHaveLength(2);
  });

  it.each(['bot', 'operator'])('again after the %s has said something is another one, unless a finger trembles', (party) => {
    const at = Date.now() - 1000;
    const session = talk(says(1, 'bot', { offer: plans }), says(2, 'visitor', { ...answer(0), at }), says(3, party));
    press(session, 'e1', 0, { text: 'Team' });
    expect(sent).toHaveLength(1);
    // By the gateway's clock, which all times are of.
    ahead = -60_000;
    press(session, 'e1', 0, { text: 'Team' });
    expect(sent).toHaveLength(1);
  });

  it('again after the dialog was closed is another one', () => {
    const session = talk(says(1, 'bot', { offer: plans }), says(2, 'visitor', answer(0)));
    gone = 1;
    press(session, 'e1', 0, { text: 'Team' });
    expect(sent).toHaveLength(0);
    gone = 2;
    press(session, 'e1', 0, { text: 'Team' });
    expect(sent).toHaveLength(1);
  });

  it('of a link opens a tab that knows nothing of this one, and of a number or a mail none; other addresses are no buttons', async () => {
    const urls = ['https://example.com/', 'mailto:a@example.com', 'tel:+4930123', 'javascript:alert(1)', 'data:text/html,x', '/relative', ''];
    talk(says(1, 'bot', { offer: { buttons: urls.map((url) => ({ text: url, url })) } }));
    await under();
    expect([...box.querySelectorAll('a')].map((a) => [a.getAttribute('href'), a.target, a.rel])).toEqual(
      urls.slice(0, 3).map((url, i) => [url, i ? '' : '_blank', 'noopener noreferrer nofollow']),
    );
    expect([...box.querySelectorAll('a')].map((a) => !!a.querySelector('svg'))).toEqual([true, false, false]);
    expect(all('button')).toEqual([]);
  });
});

describe('what helps to answer', () => {
  const quick = { buttons: [{ text: 'Yes' }, { text: 'No' }], quick: true };

  it('quick replies stand above the composer until anybody says anything', async () => {
    talk(says(1, 'bot', { offer: quick }));
    await under();
    expect(all('.press')).toEqual([]);
    await dock();
    expect(all('.press')).toEqual(['Yes', 'No']);
    await clicks('.press');
    expect(sent).toEqual([{ t: 'message', text: 'Yes', answer: { entry: 'e1', button: 0 } }]);
    outbox = [waits({ text: 'Yes' })];
    expect(quickReplies(shown())).toBeUndefined();
    outbox = [];
    for (const party of ['bot', 'operator', 'visitor']) {
      timeline = fold(emptyTimeline, [says(1, 'bot', { offer: quick }), says(2, party)]);
      expect(quickReplies(shown())).toBeUndefined();
    }
  });

  it('a form is of use until its question is answered, another one is asked, or a person takes over', () => {
    const [first, second] = [says(1, 'bot', { offer: { ask: { type: 'date' } } }), says(2, 'bot', { offer: { ask: { type: 'email' } } })];
    const open = (...entries: Entry[]): string | undefined => {
      talk(...entries);
      return openQuestion(shown())?.ask.type;
    };
    expect(open(first)).toBe('date');
    expect(open(first, says(3, 'bot'))).toBe('date');
    expect(open(first, second)).toBe('email');
    expect(open(first, says(3, 'visitor'))).toBeUndefined();
    expect(open(first, says(3, 'operator'))).toBeUndefined();
    expect(open(first, { ...says(3, 'operator'), kind: 'redaction', target: 'e1' })).toBeUndefined();
    talk(first);
    outbox = [waits({ text: 'tomorrow' })];
    expect(openQuestion(shown())).toBeUndefined();
  });

  it('a type of question that is not known has no form', async () => {
    talk(asks({ type: 'palm' }));
    await dock();
    expect(find('form')).toBeNull();
  });
});

describe('the form', () => {
  it.each([
    ['email', 'anna@example.com', undefined, 'anna@example.com'],
    ['phone', '+49 30 123', undefined, '+49 30 123'],
    ['url', 'example.com', undefined, 'example.com'],
    ['number', '1.5', '1.5', '1.5'],
    ['integer', '12', '12', '12'],
    ['date', '2026-11-26', '2026-11-26', 'November 26, 2026'],
    ['time', '15:04', '15:04', /^3:04\sPM$/],
    ['datetime', '2026-11-26T15:04', '2026-11-26T15:04', /^November 26, 2026 at 3:04\sPM$/],
  ])('of %s says %s as a machine and as people read it', async (type, typed, value, text) => {
    talk(asks({ type }));
    await dock();
    await fills(typed);
    await submits();
    expect(sent).toEqual([
      { t: 'message', text: typeof text === 'string' ? text : (expect.stringMatching(text) as string), answer: { entry: 'e1', ...(value && { value }) } },
    ]);
  });

  it.each([
    ['email', { type: 'email', inputmode: 'email', autocomplete: 'email' }],
    ['phone', { type: 'tel', inputmode: 'tel', autocomplete: 'tel' }],
    ['integer', { type: 'number', inputmode: null, step: '1', max: '9' }],
    ['date', { type: 'date', max: '9' }],
  ])('of %s has the right field', async (type, attributes) => {
    talk(asks({ type, max: '9' }));
    await dock();
    for (const [name, value] of Object.entries(attributes)) expect(find('input').getAttribute(name)).toBe(value);
  });

  it('that is half answered is what the tab has of it, on a page that was kept for the way back', async () => {
    talk(asks({ type: 'email' }));
    await dock();
    await fills('anna@exam');
    sessionStorage.setItem('anteroom.shop.ask', half()?.replace('exam', 'example.org') ?? '');
    await act(() => void dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })));
    expect(find('input').value).toBe('anna@example.org');
  });

  it('that is half answered stays over a reload of the tab, and is forgotten once it is answered', async () => {
    const reload = (): Promise<void> => {
      render(null, box);
      return dock();
    };
    talk(asks({ type: 'email' }));
    await dock();
    await fills('anna@exam');
    await reload();
    expect(find('input').value).toBe('anna@exam');
    // A question before it, which is drawn while the newest is still on its way, takes nothing from it.
    talk(says(0, 'bot', { offer: { ask: { type: 'email' } } }));
    await reload();
    expect(find('input').value).toBe('');
    talk(asks({ type: 'email' }), says(2, 'visitor', { answer: { entry: 'e1' } }));
    await dock();
    expect(half()).toBe('');

    talk(asks({ type: 'choice', choices: ['Green', 'Black', 'White'], many: true }));
    await reload();
    for (const n of [0, 2]) await clicks('[type=checkbox]', n);
    await reload();
    expect([...box.querySelectorAll<HTMLInputElement>('[type=checkbox]')].map((e) => e.checked)).toEqual([true, false, true]);
    for (const n of [0, 2]) await clicks('[type=checkbox]', n);
    expect(half()).toBe('');

    talk(asks({ type: 'rating' }));
    await reload();
    await clicks('[type=radio]', 3);
    await reload();
    expect(box.querySelectorAll('.on')).toHaveLength(4);
  });

  describe('over which an operator speaks', () => {
    const window = document.createElement('div');
    const field = document.createElement('textarea');
    const composer = document.createElement('form');
    const host = document.createElement('div');
    const root = host.attachShadow({ mode: 'open' });
    composer.className = 'composer';
    composer.append(field);
    window.append(composer);
    root.append(window);
    beforeEach(() => {
      document.body.append(host);
      window.prepend(box);
      field.value = '';
      return () => {
        render(null, box);
        host.remove();
      };
    });
    const asked = async (ask: Offer['ask'], ...more: Entry[]): Promise<void> => {
      talk(asks(ask), ...more);
      Object.assign(useChat().host, { root });
      await dock();
    };
    it.each([
      ['is gone on with as a message', 'text', 'My parcel did not', 'operator', 'My parcel did not'],
      ['is none where the visitor wrote something else', 'text', 'My parcel did not', 'visitor', ''],
      ['is none where a machine reads it', 'date', '2026-11-26', 'operator', ''],
    ])('what was half answered %s', async (_what, type, typed, party, left) => {
      const ask = { type, ...(type === 'text' && { max: '200' }) };
      await asked(ask);
      await fills(typed);
      await asked(ask, says(2, party));
      expect(find('form')).toBeNull();
      expect(field.value).toBe(left);
      await asked(ask, says(2, party), says(3, party));
      expect(field.value).toBe(left);
    });
    it.each([
      ['text', 'textarea'],
      ['choice', 'button'],
    ])('a %s leaves the focus in the window', async (type, what) => {
      const ask = { type, max: '200', choices: ['Green', 'Black'] };
      await asked(ask);
      find(what).focus();
      expect(root.activeElement).toBe(find(what));
      await asked(ask, says(2, 'operator'));
      expect(root.activeElement).toBe(field);
    });
  });

  it('of digits alone brings their keyboard', async () => {
    talk(asks({ type: 'integer', min: '0' }));
    await dock();
    expect(find('input').getAttribute('inputmode')).toBe('numeric');
  });

  it('says what is wrong, and sends nothing', async () => {
    talk(asks({ type: 'email' }));
    await dock();
    await submits();
    expect(find('.fault').textContent).toBe('');
    await fills('anna');
    Object.defineProperty(find('input'), 'validity', { value: { typeMismatch: true } });
    await submits();
    expect(find('.fault').textContent).toBe('This does not look like an e-mail address.');
    expect(find('input').getAttribute('aria-invalid')).toBe('true');
    expect(sent).toEqual([]);
  });

  it('of a text counts what is left of its limit', async () => {
    talk(asks({ type: 'text', max: '5' }));
    await dock();
    await fills('tea');
    expect(find('.fault').textContent).toBe('2 characters left');
    await fills('teapot');
    await submits();
    expect(find('.fault').textContent).toBe('The message is too long by 1 character. The limit is 5.');
    expect(sent).toEqual([]);
    await fills('pot');
    await act(() => void find('textarea').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true })));
    expect(sent).toEqual([{ t: 'message', text: 'pot', answer: { entry: 'e1' } }]);
  });

  it('is not needed for a text without a limit or an example', async () => {
    talk(asks({ type: 'text' }));
    await dock();
    expect(find('form')).toBeNull();
  });

  it('of a choice has a button each, or boxes for several', async () => {
    const choices = ['Green', 'Black', 'White'];
    talk(asks({ type: 'choice', choices }));
    await dock();
    await clicks('.press', 1);
    talk(asks({ type: 'choice', choices, many: true }));
    render(null, box);
    await dock();
    await submits();
    for (const n of [2, 1, 0, 1]) await clicks('[type=checkbox]', n);
    await submits();
    expect(sent).toEqual([
      { t: 'message', text: 'Black', answer: { entry: 'e1', value: '1' } },
      { t: 'message', text: 'Green, White', answer: { entry: 'e1', value: '0,2' } },
    ]);
    tag = 'ar';
    talk(asks({ type: 'choice', choices, many: true }));
    render(null, box);
    sessionStorage.clear();
    await dock();
    for (const n of [0, 2]) await clicks('[type=checkbox]', n);
    await submits();
    expect(sent[2]).toEqual({ t: 'message', text: 'Green، White', answer: { entry: 'e1', value: '0,2' } });
  });

  it.each([
    ['5', 5],
    [undefined, 5],
    ['3', 3],
    ['1000000', 10],
    ['many', 5],
  ])('of a rating up to %s has stars', async (max, stars) => {
    talk(asks({ type: 'rating', ...(max && { max }) }));
    await dock();
    await submits();
    await clicks('[type=radio]', 1);
    await submits();
    expect(sent).toEqual([{ t: 'message', text: `★★${'☆'.repeat(stars - 2)} 2/${stars}`, answer: { entry: 'e1', value: '2' } }]);
  });

  it('of a file takes the way of all files', async () => {
    talk(asks({ type: 'file' }));
    await dock();
    await clicks('.press');
    expect(chosen).toHaveBeenCalledExactlyOnceWith([]);
    const file = new File(['x'], 'a.png');
    Object.defineProperty(find('input'), 'files', { value: [file] });
    expect(find('input').getAttribute('accept')).toBe('image/*');
    await act(() => void find('input').dispatchEvent(new Event('change', { bubbles: true })));
    expect(chosen).toHaveBeenLastCalledWith([file]);
  });

  it('of a place asks the browser after the press only, and leaves free text where it says no', async () => {
    const locate = vi.fn<Geolocation['getCurrentPosition']>();
    vi.stubGlobal('navigator', { ...navigator, languages: ['en'], geolocation: { getCurrentPosition: locate } });
    talk(asks({ type: 'location' }));
    await dock();
    expect(locate).not.toHaveBeenCalled();
    await clicks('.press');
    await act(() => locate.mock.calls[0]?.[1]?.({ code: 1 } as GeolocationPositionError));
    expect(find('[role=alert]').textContent).toContain('You can write the place instead.');
    await clicks('.press');
    const there = { coords: { latitude: 55.751244, longitude: 37.618423 } } as GeolocationPosition;
    await act(() => locate.mock.calls[1]?.[0](there));
    expect(sent).toEqual([{ t: 'message', answer: { entry: 'e1' }, location: { latitude: 55.751244, longitude: 37.618423 } }]);
    await act(() => render(null, box));
    locate.mock.calls[1]?.[0](there);
    expect(sent).toHaveLength(1);
    vi.unstubAllGlobals();
  });
});

it('a date that is none is shown as it is', () => {
  expect(readable('date', 'soon', 'en')).toBe('soon');
  expect(readable('datetime', '2026', 'en')).toBe('2026');
});
