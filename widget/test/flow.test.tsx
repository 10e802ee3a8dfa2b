// @vitest-environment happy-dom
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { checked } from '../src/chat/flow/check';
import { Flow } from '../src/chat/flow/Flow';
import type { Outbox } from '../src/chat/outbox';
import type { Draft } from '../src/chat/session';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Entry } from '../src/chat/entry';
import type { ClientFrame } from '../src/chat/wire';
import { rare } from '../src/i18n/en.rare';
import { inside } from './inside';

/** A frame as the gateway's own tests hold it. */
const folder = join(import.meta.dirname, '../../bridge/gateway/wire/testdata');
const golden = (name: string): object => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as object;
const closing = 1795000000123;

const box = document.createElement('div');
document.body.append(box);
let sent: Draft[] = [];
let discarded: string[] = [];
const life = new AbortController();

interface Stands {
  readonly flow?: object | undefined;
  readonly outbox?: Outbox;
  readonly said?: readonly Entry[];
  readonly phase?: string;
  readonly refused?: string;
}

/** The flow as it stands beside such a talk. */
async function stands({ flow, outbox = [], said = [], phase = 'online', refused }: Stands): Promise<void> {
  const state = { timeline: fold(emptyTimeline, [...said]), outbox, flow, refused, connection: { phase }, site: { name: 's', max_length: 512, max_file_size: 1 } };
  const host = { settings: { site: 'shop' }, base: 'https://chat.example/', root: document };
  const discard = (cid: string): void => {
    discarded.push(cid);
    state.outbox = state.outbox.filter(({ frame }) => frame.cid !== cid);
  };
  inside({ state, life, send: (draft: Draft) => sent.push(draft), discard, helloFrame: () => ({ t: 'hello', secret: 'mine', page: {} }) }, { host: host as never });
  await act(() => render(<Flow rare={rare} />, box));
}
const waits = (frame: object, failed?: string): Outbox => [{ frame: { cid: 'c', ...frame } as ClientFrame as never, at: 9, tab: 't', ...(failed && { failed }) }];
const wrote: Entry[] = [{ id: 'e1', seq: 1, kind: 'message', at: 1, author: { party: 'visitor' }, text: 'Hello' }];
const find = (what: string): HTMLElement => box.querySelector(what) as HTMLElement;
const submits = (): Promise<void> => act(() => void find('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
const fills = (what: string, value: string): Promise<void> =>
  act(() => {
    const field = find(what) as HTMLInputElement;
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
const faults = (): string[] => [...box.querySelectorAll('.fault')].map((e) => e.textContent).filter(Boolean);

beforeEach(() => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError()));
  render(null, box);
  sessionStorage.clear();
  sent = [];
  discarded = [];
});

describe('what is told', () => {
  it('of the goldens is what the components draw', () => {
    expect(checked(golden('flow_form')).form?.fields).toHaveLength(6);
    expect(checked(golden('flow'))).toMatchObject({ called: true, person: false, rate: { closing, of: 5, score: 4 }, channels: [{ kind: 'telegram' }, { kind: 'phone' }] });
    expect(checked(golden('flow_rate')).rate).toEqual({ closing, of: 1 });
  });
  it.each([
    ['nothing', undefined],
    ['no object', 7],
    ['a form without fields', { form: { id: 'start', fields: [] } }],
    ['a field without a name', { form: { id: 'start', fields: [{ type: 'text', max: 9 }] } }],
    ['choices that are no texts', { form: { id: 'start', fields: [{ name: 'a', type: 'select', max: 9, choices: [{}] }] } }],
    ['a rating of another scale', { rate: { closing, of: 10 } }],
    ['a closing that is no moment', { rate: { closing: 'now', of: 5 } }],
    ['a channel that runs a script', { channels: [{ kind: 'link', name: 'x', url: 'javascript:alert(1)' }] }],
    ['a person by another word than true', { person: 'yes', called: 1 }],
  ])('with %s is passed over', (_what, told) => {
    expect(checked(told as object | undefined)).toEqual({ form: undefined, person: false, called: false, rate: undefined, channels: [] });
  });
});

describe('a form', () => {
  it('has a field of the right kind for each, with its label', async () => {
    await stands({ flow: golden('flow_form') });
    const types = [...box.querySelectorAll('input, select, textarea')].map((e) => e.getAttribute('type') ?? e.localName);
    expect(types).toEqual(['text', 'email', 'tel', 'text', 'select', 'checkbox', 'textarea']);
    for (const field of box.querySelectorAll('input, select, textarea')) expect(box.querySelector(`label[for="${field.id}"]`) ?? field.closest('label')).not.toBeNull();
    expect(find('h3').textContent).toBe('Who are you?');
    expect(find('#form-email').getAttribute('aria-required')).toBe('true');
  });
  it('is not sent while something required lacks or is wrong, and says what at the field', async () => {
    await stands({ flow: golden('flow_form') });
    await submits();
    expect(faults()).toEqual([rare.flow.missing, rare.flow.missing]); // the address, and the message
    await fills('#form-email', 'maria@');
    await fills('#form-phone', 'call me');
    await fills('#form-order', 'x'.repeat(21));
    await fills('#form-message', 'Is tea in stock?');
    await submits();
    expect(faults()).toEqual([rare.offer.noEmail, rare.flow.noPhone, rare.flow.tooLong(20)]);
    expect(find('#form-email').getAttribute('aria-invalid')).toBe('true');
    expect(sent).toEqual([]);
  });
  it('is sent with what was filled in alone, and its message after it', async () => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', ' maria@example.org ');
    await fills('#form-message', 'Is tea in stock?');
    await act(() => find('#form-news').click());
    await submits();
    expect(sent).toEqual([
      { t: 'form', id: 'start', values: { email: 'maria@example.org', news: 'yes' } },
      { t: 'message', text: 'Is tea in stock?' },
    ]);
  });
  it('has what was written before it go right behind it', async () => {
    const { form } = golden('flow_form') as { form: object };
    const outbox = [...waits({ t: 'message', text: 'Hello?', cid: 'early' }, 'form_needed'), ...waits({ t: 'message', text: 'Too long', cid: 'other' }, 'too_long')];
    await stands({ flow: { t: 'flow', form: { ...form, message: false } }, outbox });
    await fills('#form-email', 'maria@example.org');
    await submits();
    expect(sent.map((draft) => [draft.t, 'text' in draft && draft.text])).toEqual([['form', false], ['message', 'Hello?']]);
  });
  it('that is half filled in stays over a reload of the tab, and is forgotten once it is filled in', async () => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', 'maria@example.org');
    render(null, box);
    // The bridge has said nothing yet.
    await stands({ phase: 'connecting' });
    await stands({ flow: golden('flow_form') });
    expect((find('#form-email') as HTMLInputElement).value).toBe('maria@example.org');
    await stands({ flow: golden('flow_none') });
    expect(JSON.stringify({ ...sessionStorage })).not.toContain('maria');
  });
  it('on a page that was kept for the way back is what the tab has of it since', async () => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', 'maria');
    const since = (sessionStorage.getItem('anteroom.shop.form') ?? '').replace('maria', 'maria@example.org');
    sessionStorage.setItem('anteroom.shop.form', since);
    await act(() => void dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })));
    expect((find('#form-email') as HTMLInputElement).value).toBe('maria@example.org');
    expect(sessionStorage.getItem('anteroom.shop.form')).toBe(since);
  });
  it('keeps all that a program fills in at once', async () => {
    await stands({ flow: golden('flow_form') });
    await act(() => {
      for (const [what, value] of [['#form-email', 'maria@example.org'], ['#form-phone', '+49 30 123456']] as const) {
        const field = find(what) as HTMLInputElement;
        field.value = value;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
    expect(['#form-email', '#form-phone'].map((what) => (find(what) as HTMLInputElement).value)).toEqual(['maria@example.org', '+49 30 123456']);
  });
  describe('that is not asked for any more', () => {
    const composer = document.createElement('form');
    const field = document.createElement('textarea');
    composer.className = 'composer';
    composer.append(field);
    beforeEach(() => {
      document.body.append(composer);
      field.value = 'Hello';
      return () => composer.remove();
    });
    it('leaves its message in the field for messages', async () => {
      await stands({ flow: golden('flow_form') });
      await fills('#form-message', ' Do you also ship tea ');
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello\nDo you also ship tea');
      await stands({ flow: golden('flow_form') });
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello\nDo you also ship tea');
    });
    it('leaves it there also where the page was loaded anew, or another form is asked', async () => {
      await stands({ flow: golden('flow_form') });
      await fills('#form-message', 'First');
      render(null, box);
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello\nFirst');
      await stands({ flow: golden('flow_form') });
      await fills('#form-message', 'Second');
      const { form } = golden('flow_form') as { form: object };
      await stands({ flow: { form: { ...form, id: 'handoff', message: false } } });
      expect(field.value).toBe('Hello\nFirst\nSecond');
    });
    it('leaves nothing of what was sent', async () => {
      await stands({ flow: golden('flow_form') });
      await fills('#form-email', 'maria@example.org');
      await fills('#form-message', 'Is tea in stock?');
      await submits();
      await stands({ flow: golden('flow_form'), outbox: waits({ t: 'form', id: 'start', values: {} }) });
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello');
    });
  });
  it('goes as soon as it is on its way, and comes back if it is refused', async () => {
    const flow = golden('flow_form');
    const outbox = waits({ t: 'form', id: 'start', values: {} });
    await stands({ flow });
    await fills('#form-email', 'anna@gmail..com');
    await stands({ flow, outbox });
    expect(box.querySelector('form')).toBeNull();
    // The session drops what is refused, and tells why until the window has said so.
    await stands({ flow, refused: 'bad_form' });
    expect((find('#form-email') as HTMLInputElement).value).toBe('anna@gmail..com');
    await stands({ flow });
    expect(box.querySelector('form')).not.toBeNull();
    await stands({ flow, outbox });
    expect(box.querySelector('form')).toBeNull();
    await stands({ flow, outbox: waits({ t: 'form', id: 'start', values: {} }, 'too_large') });
    expect(box.querySelector('form')).not.toBeNull();
  });
  it('that is refused sends its message once, though that waits for it', async () => {
    const flow = golden('flow_form');
    await stands({ flow, outbox: waits({ t: 'message', text: 'Is tea in stock?' }, 'form_needed') });
    await fills('#form-email', 'anna@gmail.com');
    await fills('#form-message', 'Is tea in stock?');
    await submits();
    expect(discarded).toEqual(['c']);
    expect(sent.map(({ t }) => t)).toEqual(['form', 'message']);
    // The first went though its form was refused.
    await stands({ flow });
    await submits();
    expect(sent.map(({ t }) => t)).toEqual(['form', 'message', 'form']);
  });
  it('that the bridge has is not asked again before it says what stands there since', async () => {
    const flow = golden('flow_form');
    const outbox = waits({ t: 'form', id: 'start', values: {} });
    await stands({ flow });
    await stands({ flow, outbox });
    await stands({ flow, outbox: outbox.map((o) => ({ ...o, acked: { t: 'ack', cid: 'c', id: 'e9', seq: 9, at: 9 } })) });
    expect(box.querySelector('form')).toBeNull();
    await stands({ flow });
    expect(box.querySelector('form')).toBeNull();
    await stands({ flow: golden('flow_form') }); // it asks once more
    expect(box.querySelector('form')).not.toBeNull();
  });
  it('of which nothing is required can be passed over', async () => {
    await stands({ flow: { form: { id: 'handoff', fields: [{ name: 'order', type: 'text', max: 20 }] } } });
    expect(find('h3').textContent).toBe(rare.flow.handoff);
    await act(() => find('.plain-text').click());
    expect(sent).toEqual([{ t: 'form', id: 'handoff', values: {} }]);
  });
});

const begun = (): string | null => sessionStorage.getItem('anteroom.shop.rate');
const picks = (n: number): Promise<void> => act(() => box.querySelectorAll<HTMLElement>('input[type=radio]')[n]?.click());

describe('a rating', () => {
  it('is sent with its word, of the closing that it is about', async () => {
    await stands({ flow: { rate: { closing, of: 5 } } });
    expect(box.querySelector('textarea')).toBeNull(); // the word comes after the stars
    await picks(3);
    await fills('#rate-word', ' Quick ');
    await submits();
    expect(sent).toEqual([{ t: 'rate', closing, score: 4, text: 'Quick' }]);
  });
  it('of a thumb down is 0, and no word is none', async () => {
    await stands({ flow: golden('flow_rate') });
    await picks(1);
    await submits();
    expect(sent).toEqual([{ t: 'rate', closing, score: 0 }]);
  });
  it('that was given is shown, also a thumb down, and can be changed', async () => {
    await stands({ flow: { rate: { closing, of: 1, score: 0 } } });
    expect(find('.rated [role=img]').getAttribute('aria-label')).toBe(rare.flow.bad);
    await stands({ flow: golden('flow') });
    expect(find('.rated').textContent).toContain('★★★★☆');
    await act(() => find('.rated button').click());
    expect((find('#rate-word') as HTMLTextAreaElement).value).toBe('Quick & <kind>');
    await picks(4);
    await submits();
    expect(sent).toEqual([{ t: 'rate', closing, score: 5, text: 'Quick & <kind>' }]);
  });
  it('that was begun stays over a reload of the tab, and is forgotten once it is given or the talk goes on', async () => {
    const flow = { rate: { closing, of: 5 } };
    const reload = async (said: object): Promise<void> => {
      render(null, box);
      await stands({ phase: 'connecting' });
      await stands({ flow: said });
    };
    await stands({ flow });
    await picks(3);
    await fills('#rate-word', 'Quick, but');
    await reload(flow);
    expect([(find('#rate-word') as HTMLTextAreaElement).value, box.querySelectorAll('.on').length]).toEqual(['Quick, but', 4]);
    await submits();
    await stands({ flow, outbox: waits({ t: 'rate', closing, score: 4, text: 'Quick, but' }) });
    expect(begun()).toBe('');

    await reload(golden('flow'));
    await act(() => find('.rated button').click());
    await fills('#rate-word', 'Not so');
    await reload(golden('flow'));
    expect((find('#rate-word') as HTMLTextAreaElement).value).toBe('Not so');
    // Another closing is another question.
    await reload({ rate: { closing: closing + 1, of: 5 } });
    expect(box.querySelector('#rate-word')).toBeNull();
    await picks(0);
    expect(begun()).toContain('"score":1');
    await stands({ flow: golden('flow_none') });
    expect(begun()).toBe('');
  });
  it.each([
    ['leaves the page', () => void dispatchEvent(new Event('pagehide'))],
    ['looks at another tab', () => void document.dispatchEvent(new Event('visibilitychange'))],
    ['thinks of a word', () => void vi.advanceTimersByTime(5000)],
  ])('of who %s is given, and a word that is half written stays the tab’s', async (_how, leaves) => {
    vi.useFakeTimers();
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    const flow = { rate: { closing, of: 5 } };
    await stands({ flow });
    await act(leaves);
    expect(sent).toEqual([]);
    await picks(3);
    await act(leaves);
    await act(leaves);
    expect(sent).toEqual([{ t: 'rate', closing, score: 4 }]);
    // The form stays for a word.
    const outbox = waits({ t: 'rate', closing, score: 4 });
    await stands({ flow, outbox });
    expect(begun()).toBe('');
    await fills('#rate-word', 'Half a');
    await act(leaves);
    expect([sent.length, begun()?.includes('Half a')]).toEqual([1, true]);
    render(null, box);
    await stands({ flow, outbox });
    await submits();
    expect(sent.slice(1)).toEqual([{ t: 'rate', closing, score: 4, text: 'Half a' }]);
    hidden.mockRestore();
    vi.useRealTimers();
  });
  it('counts before the message of who goes on to the field for those', async () => {
    const field = document.body.appendChild(document.createElement('textarea'));
    await stands({ flow: { rate: { closing, of: 5 } } });
    await picks(3);
    await act(() => void find('input').dispatchEvent(new Event('focusin', { bubbles: true })));
    expect(sent).toEqual([]);
    await act(() => void field.dispatchEvent(new Event('focusin', { bubbles: true })));
    expect(sent).toEqual([{ t: 'rate', closing, score: 4 }]);
    field.remove();
  });
  it('that the tab’s last page had takes no focus, and no place of a newer one', async () => {
    vi.useFakeTimers();
    sessionStorage.setItem('anteroom.shop.rate', JSON.stringify({ closing, score: 4, text: 'Half a', changing: true }));
    await stands({ flow: { rate: { closing, of: 5, score: 2 } } });
    expect((find('#rate-word') as HTMLTextAreaElement).value).toBe('Half a');
    expect(box.contains(document.activeElement)).toBe(false);
    await act(() => void vi.advanceTimersByTime(5000));
    await act(() => void dispatchEvent(new Event('pagehide')));
    expect(sent).toEqual([]);
    vi.useRealTimers();
  });
  it('is what the bridge told last, and keeps a word that another tab said', async () => {
    const first = { rate: { closing, of: 5 } };
    const mine = waits({ t: 'rate', closing, score: 4 });
    await stands({ flow: first, outbox: mine });
    const acked = mine.map((o) => ({ ...o, acked: { t: 'ack', cid: 'c', id: 'e9', seq: 9, at: 9 } as const }));
    await stands({ flow: first, outbox: acked });
    expect(find('.rated').textContent).toContain('★★★★☆');
    const told = { rate: { closing, of: 5, score: 2, text: 'Slow' } };
    await stands({ flow: told, outbox: acked });
    expect(find('.rated').textContent).toContain('★★☆☆☆');
    await act(() => find('.rated button').click());
    await picks(2);
    await act(() => void dispatchEvent(new Event('pagehide')));
    expect(sent).toEqual([{ t: 'rate', closing, score: 3, text: 'Slow' }]);
  });
  it('that waits when the page goes is said by a request that outlives it', async () => {
    const asked = vi.fn<(url: string, how: RequestInit) => Promise<Response>>(() => Promise.reject(new TypeError()));
    vi.stubGlobal('fetch', asked);
    const flow = { rate: { closing, of: 5 } };
    await stands({ flow });
    await act(() => void dispatchEvent(new Event('pagehide')));
    expect(asked).not.toHaveBeenCalled();
    await stands({ flow, outbox: waits({ t: 'rate', closing, score: 4 }) });
    await act(() => void dispatchEvent(new Event('pagehide')));
    vi.unstubAllGlobals();
    const [[url, how] = []] = asked.mock.calls;
    expect([url, how?.keepalive, JSON.parse(how?.body as string)]).toEqual(['https://chat.example/v1/shop/frames', true, { hello: { t: 'hello', secret: 'mine' }, frames: [{ t: 'rate', cid: 'c', closing, score: 4 }] }]);
  });
  it('that was given by itself is not given again by its button', async () => {
    vi.useFakeTimers();
    const flow = { rate: { closing, of: 5 } };
    await stands({ flow });
    await picks(3);
    await act(() => void vi.advanceTimersByTime(5000));
    const outbox = waits({ t: 'rate', closing, score: 4 });
    await stands({ flow, outbox });
    await submits();
    expect([sent.length, find('.rated').textContent?.includes('★★★★☆')]).toEqual([1, true]);
    vi.useRealTimers();
  });
  it('on a page that was kept for the way back is what the tab has of it since', async () => {
    await stands({ flow: { rate: { closing, of: 5 } } });
    await picks(1);
    await fills('#rate-word', 'half wo');
    // The next page went on with it.
    sessionStorage.setItem('anteroom.shop.rate', JSON.stringify({ closing, score: 4, text: 'half word is whole', unsaid: true, changing: false }));
    await act(() => void dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })));
    expect([(find('#rate-word') as HTMLTextAreaElement).value, box.querySelectorAll('label.on').length]).toEqual(['half word is whole', 4]);
  });
  it('that was to have a word leaves that in the message field where the talk goes on', async () => {
    const composer = document.createElement('div');
    composer.className = 'composer';
    composer.append(document.createElement('textarea'));
    document.body.append(composer);
    const field = composer.firstElementChild as HTMLTextAreaElement;
    await stands({ flow: { rate: { closing, of: 5 } } });
    await picks(1);
    await fills('#rate-word', 'It took a week');
    const outbox = waits({ t: 'message', text: 'And my refund?' });
    await stands({ flow: { rate: { closing, of: 5 } }, outbox });
    expect(field.value).toBe('');
    await stands({ flow: {}, said: wrote });
    expect(field.value).toBe('It took a week');
    // One that was sent is no such word.
    field.value = '';
    await stands({ flow: { rate: { closing, of: 5 } } });
    await picks(1);
    await fills('#rate-word', 'Slow');
    await submits();
    await stands({ flow: { rate: { closing, of: 5 } }, outbox: waits({ t: 'rate', closing, score: 2, text: 'Slow' }) });
    await stands({ flow: {}, said: wrote });
    expect(field.value).toBe('');
    // The dialog was open again before it came there.
    await stands({ flow: {}, outbox: waits({ t: 'rate', closing, score: 2, text: 'Slow' }, 'unknown_target'), said: wrote });
    expect([field.value, discarded]).toEqual(['Slow', ['c']]);
    composer.remove();
  });
  it('is not asked for while the visitor writes on', async () => {
    await stands({ flow: golden('flow_rate'), outbox: waits({ t: 'message', text: 'And?' }), said: wrote });
    expect(box.querySelector('.rate')).toBeNull();
  });
});

describe('a person', () => {
  it('is called by one press, which is said in the visitor’s words, once', async () => {
    await stands({ flow: { person: true } });
    await act(() => find('.ask-person').click());
    expect(sent).toEqual([{ t: 'message', text: rare.flow.personSaid, person: true }]);
    await stands({ flow: { person: true }, outbox: waits({ t: 'message', text: 'x', person: true }) });
    expect(box.querySelector('.ask-person')).toBeNull();
  });
  it('who was called is waited for', async () => {
    await stands({ flow: { called: true } });
    expect(find('.called').textContent).toBe(rare.flow.called);
  });
});

describe('other ways to the site', () => {
  it('are there until the visitor wrote', async () => {
    const { channels } = golden('flow') as { channels: object[] };
    await stands({ flow: { channels } });
    expect([...box.querySelectorAll('a')].map((a) => a.getAttribute('href'))).toEqual(['https://t.me/teashop', 'tel:+79000000000']);
    await stands({ flow: { channels }, said: wrote });
    expect(box.querySelector('a')).toBeNull();
  });
});

it('of a chat that ended nothing is asked', async () => {
  await stands({ flow: golden('flow_form'), phase: 'stopped' });
  expect(box.innerHTML).toBe('');
});
