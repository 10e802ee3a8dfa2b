// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { rare } from '../src/i18n/en.rare';
import { begin, box, closing, discarded, fills, find, golden, sent, stands, submits, waits, wrote } from './flowing';

beforeEach(begin);

const begun = (): string | null => sessionStorage.getItem('anteroom.shop.rate');
const picks = (n: number): Promise<void> => act(() => box.querySelectorAll<HTMLElement>('input[type=radio]')[n]?.click());

/** The tab's next page, on which the bridge says that. */
async function reload(said: object): Promise<void> {
  render(null, box);
  await stands({ phase: 'connecting' });
  await stands({ flow: said });
}

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
