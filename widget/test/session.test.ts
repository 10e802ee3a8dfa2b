// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { currentPage } from '../src/chat/page';
import { sayAgain } from '../src/chat/extras/again';
import { Session } from '../src/chat/session';
import { Keep } from '../src/chat/storage';
import { items } from '../src/chat/ui/view';
import type { Item } from '../src/chat/ui/view';
import type { Entry } from '../src/chat/entry';
import type { Durable, Welcome } from '../src/chat/wire';
import { Shelf } from './shelf';
import { Socket } from './socket';

let shelf: Shelf;
const visitor = { party: 'visitor' };
const entry = (seq: number, rest: Partial<Entry> = {}): Entry => ({
  id: `e${seq}`, seq, kind: 'message', at: seq, author: { party: 'operator' }, text: `text ${seq}`, ...rest,
});
const welcome = (...entries: Entry[]): Welcome => ({
  t: 'welcome', site: { name: 's', max_length: 512, max_file_size: 1 }, seq: entries.at(-1)?.seq ?? 0, entries, more: true, read: 0, seen: 0,
});
const kept = (cid: string, at: number): void => {
  shelf.setItem(`anteroom.shop.out.${cid}`, JSON.stringify({ frame: { t: 'message', cid, text: cid }, at, tab: 'gone' }));
};

const durable = (): Durable[] => Socket.last.sent.filter((f): f is Durable => 'cid' in f && f.t !== 'upload');

/** Whether the browser knows of a dialog to come back to. */
const dialog = (): unknown => (JSON.parse(shelf.getItem('anteroom.shop') ?? '') as { dialog: unknown }).dialog;

/** Another tab has done something to a key of the storage. */
function elsewhere(key: string): void {
  const event = new Event('storage');
  Object.assign(event, { key: `anteroom.shop.${key}` });
  dispatchEvent(event);
}

describe('the session', () => {
  let session: Session;
  const other = vi.fn<(code?: string) => void>();
  const shown = (): Item[] => items(session.state.timeline, session.state.outbox, 0);
  const texts = (): string[] => session.state.outbox.map(({ frame }) => (frame as { text?: string }).text ?? '');
  const start = (...entries: Entry[]): void => {
    session = new Session('https://chat.example/v1/shop/', new Keep('shop'), 'en', other);
    session.start();
    Socket.last.opens();
    Socket.last.hears(welcome(...entries));
  };

  beforeEach(() => {
    vi.useFakeTimers();
    other.mockClear();
    Socket.all.length = 0;
    vi.stubGlobal('WebSocket', Socket);
    shelf = new Shelf();
    vi.stubGlobal('localStorage', shelf);
  });
  afterEach(() => {
    session.end();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('keeps what a full storage did not take when another tab changes the storage, and stores it later', () => {
    start();
    shelf.full = true;
    session.send({ t: 'message', text: 'important' });
    shelf.full = false;
    kept('theirs', 1);
    elsewhere('out.theirs');
    expect(texts()).toEqual(['theirs', 'important']);
    session.send({ t: 'message', text: 'one more' });
    expect([...shelf.items.keys()].filter((key) => key.includes('.out.'))).toHaveLength(3);
  });

  it('drops what another tab has dropped', () => {
    start();
    session.send({ t: 'message', text: 'mine' });
    kept('theirs', 1);
    elsewhere('out.theirs');
    expect(texts()).toEqual(['theirs', 'mine']);
    shelf.removeItem('anteroom.shop.out.theirs');
    elsewhere('out.theirs');
    expect(texts()).toEqual(['mine']);
  });

  it('says again how far it has come when the link may have gone with what was said of it', () => {
    start(entry(1));
    Socket.last.breaks();
    vi.advanceTimersByTime(5000);
    Socket.last.opens();
    Socket.last.hears({ ...welcome(), seq: 1 });
    expect(Socket.last.sent).toContainEqual({ t: 'delivered', seq: 1 });
  });

  it('does not go back to what an older answer says was read', () => {
    start(entry(1), entry(2));
    session.markRead();
    expect(session.state.read).toBe(2);
    // As of the fall-back, whose answers may cross.
    Socket.last.hears({ ...welcome(), seq: 1, read: 1 });
    expect(session.state.read).toBe(2);
    expect(shelf.getItem('anteroom.shop')).toContain('"read":2');
  });

  it('sends in the order of writing when the clock is put back', () => {
    vi.setSystemTime(2_000_000);
    start();
    Socket.last.breaks();
    session.send({ t: 'message', text: 'first' });
    vi.setSystemTime(1_000_000);
    const file = session.take();
    session.send({ t: 'message', text: 'second' });
    session.send({ t: 'message', text: 'third' });
    expect(texts()).toEqual(['first', 'second', 'third']);
    session.send({ t: 'message', text: 'the file' }, undefined, file);
    expect(texts()).toEqual(['first', 'the file', 'second', 'third']);
  });

  it('says a refused message again behind what was written since, and before what is written then', () => {
    start();
    session.send({ t: 'message', text: 'one' });
    const [first] = durable();
    Socket.last.hears({ t: 'error', code: 'form_needed', text: '', cid: first?.cid ?? '' });
    session.send({ t: 'form', id: 'start', values: {} });
    sayAgain(session, ({ failed }) => failed === 'form_needed');
    session.send({ t: 'message', text: 'two' });
    for (let i = 1; i < 4; i++) Socket.last.hears({ t: 'ack', cid: durable()[i]?.cid ?? '', id: `e${i}`, seq: i, at: i });
    expect(durable().map((f) => (f as { text?: string }).text ?? f.t)).toEqual(['one', 'form', 'one', 'two']);
  });
  it('tells why messages wait that were written too quickly, until all have gone', () => {
    start();
    const cid = (i: number): string => session.state.outbox[i]?.frame.cid ?? '';
    const ack = (i: number): void => Socket.last.hears({ t: 'ack', cid: cid(i), id: `e${i + 1}`, seq: i + 1, at: 1 });
    for (const text of ['one', 'two', 'three']) session.send({ t: 'message', text });
    const later = (i: number, ms: number): void => Socket.last.hears({ t: 'error', code: 'too_fast', text: '', cid: cid(i), retry_after: ms });
    later(0, 2000);
    expect(session.state.held).toBe('quick');
    vi.advanceTimersByTime(2000);
    ack(0);
    expect(session.state.held).toBe('quick');
    ack(1);
    ack(2);
    expect(session.state.held).toBeUndefined();
    session.send({ t: 'message', text: 'four' });
    later(3, 120_000);
    expect(session.state.held).toBe('too_fast');
  });

  it('shows what a model writes until its entry is there, also when the link breaks in between', async () => {
    vi.useRealTimers();
    start();
    const writing = (): string | undefined => session.state.writing[0]?.reply?.text;
    Socket.last.hears({ t: 'stream', id: 'a', n: 0, text: 'Green' }, { t: 'stream', id: 'a', n: 1, text: ' tea' });
    await vi.waitFor(() => expect(writing()).toBe('Green tea'));
    Socket.last.breaks();
    await vi.waitFor(() => expect(Socket.all).toHaveLength(2), { timeout: 4500 });
    expect(writing()).toBe('Green tea');
    Socket.last.opens();
    Socket.last.hears(welcome(), { t: 'stream', id: 'a', n: 0, text: 'Green tea is' });
    await vi.waitFor(() => expect(writing()).toBe('Green tea is'));
    Socket.last.hears({ t: 'entry', entry: entry(1, { author: { party: 'bot' }, text: 'Green tea is fresh.', ai: { stream: 'a' } }) });
    // Never both: what is drawn next has the entry alone.
    await Promise.resolve();
    await Promise.resolve();
    expect(shown().map(({ text }) => text)).toEqual(['Green tea is fresh.']);
    expect(session.state.writing).toEqual([]);
  });

  it('notices another secret on the way back to a page that missed it, and shows its own entries under no other', async () => {
    start(entry(1));
    const { secret } = session;
    dispatchEvent(new Event('pageshow'));
    expect(other).not.toHaveBeenCalled();
    dispatchEvent(new Event('pagehide'));
    shelf.setItem('anteroom.shop', JSON.stringify({ secret: 'B'.repeat(43), dialog: false, read: 0 }));
    dispatchEvent(new Event('pageshow'));
    expect(other).toHaveBeenCalledTimes(1);
    expect(Socket.all).toHaveLength(2);
    Socket.last.opens();
    expect(Socket.last.sent.find(({ t }) => t === 'hello')).toMatchObject({ secret, resume: { seq: 1 } });
  });

  it('knows at once that the network is gone', () => {
    start();
    dispatchEvent(new Event('offline'));
    expect(session.state.connection.phase).toBe('waiting');
    dispatchEvent(new Event('online'));
    expect(session.state.connection.phase).toBe('connecting');
  });

  it('shows a message of an earlier page once, where it belongs, though its entry is older than the first fifty', () => {
    kept('cid1', 1);
    start(...Array.from({ length: 50 }, (_, i) => entry(i + 11)));
    expect(durable()).toMatchObject([{ cid: 'cid1' }]);
    Socket.last.hears({ t: 'ack', cid: 'cid1', id: 'e5', seq: 5, at: 5 });
    expect(shown().at(-1)?.id).toBe('e60');
    const own = entry(5, { cid: 'cid1', text: 'cid1', author: visitor });
    Socket.last.hears({ t: 'history', before: 11, entries: [entry(4), own, entry(6)], more: false });
    expect(shown().filter(({ text }) => text === 'cid1')).toHaveLength(1);
    expect(shown()[1]?.id).toBe('e5');
    expect(session.state.timeline.more).toBe(false);
  });

  it('shows a message once when its entry comes with older ones before its acknowledgement', () => {
    kept('cid1', 1);
    start(entry(11));
    const own = entry(5, { cid: 'cid1', text: 'cid1', author: visitor });
    Socket.last.hears({ t: 'history', before: 11, entries: [own] });
    expect(shown().map(({ id }) => id)).toEqual(['e5', 'e11']);
  });

  it('shows a message once that another tab still keeps though its entry is here', () => {
    start(entry(1, { cid: 'cid1', author: visitor }));
    kept('cid1', 1);
    elsewhere('out.cid1');
    expect(shown()).toHaveLength(1);
  });

  it('lets go of a reaction that two tabs put, so that it stays taken back', () => {
    start(entry(1));
    session.send({ t: 'reaction', target: 'e1', key: '👍' });
    const reaction = durable().at(-1)?.cid ?? '';
    // The other tab was first: its entry is the one that is acknowledged.
    Socket.last.hears(
      { t: 'entry', entry: entry(2, { kind: 'reaction', target: 'e1', key: '👍', cid: 'theirs', author: visitor }) },
      { t: 'ack', cid: reaction, id: 'e2', seq: 2, at: 2 },
    );
    session.send({ t: 'redact', target: 'e2' });
    const redaction = durable().at(-1)?.cid ?? '';
    Socket.last.hears(
      { t: 'ack', cid: redaction, id: 'e3', seq: 3, at: 3 },
      { t: 'entry', entry: entry(3, { kind: 'redaction', target: 'e2', cid: redaction, author: visitor }) },
    );
    expect(shown()[0]?.reactions).toEqual([]);
    expect(session.state.outbox).toEqual([]);
  });

  it('tells the visitor of no error in what they did not ask for', () => {
    start(entry(1));
    session.page();
    Socket.last.hears({ t: 'error', code: 'internal', text: '' });
    expect(session.state.refused).toBeUndefined();
    session.older();
    Socket.last.hears({ t: 'error', code: 'unavailable', text: '' });
    expect(session.state.refused).toBe('unavailable');
  });

  it('tells once that the window was opened, as soon as there is a link', () => {
    session = new Session('https://chat.example/v1/shop/', new Keep('shop'), 'en', other);
    session.start();
    expect(session.opened()).toBe(false);
    Socket.last.opens();
    Socket.last.hears(welcome());
    session.opened();
    session.opened();
    expect(Socket.last.sent.filter(({ t }) => t === 'opened')).toHaveLength(1);
  });

  it('comes back to a dialog that the bot has begun, and not to an event alone', () => {
    start();
    expect(dialog()).toBe(false);
    session.say({ t: 'visited', cid: 'told', trigger: 'w-0' });
    expect(dialog()).toBe(false);
    Socket.last.hears({ t: 'entry', entry: entry(1, { author: { party: 'bot' } }) });
    expect(dialog()).toBe(true);
    expect(session.unread).toBe(1);
  });

  it('begins anew when the visitor was erased, with what was not sent yet and no error', () => {
    start(entry(1), entry(2));
    session.markRead();
    Socket.last.hears({ t: 'error', code: 'gone', text: '' });
    Socket.last.breaks(4000);
    expect(session.state.connection).toMatchObject({ phase: 'waiting', reason: undefined });
    session.send({ t: 'reaction', target: 'e1', key: '👍' });
    session.send({ t: 'message', text: 'written meanwhile' });
    vi.advanceTimersByTime(4000);
    Socket.last.opens();
    Socket.last.hears({ ...welcome(), reset: true, more: false });
    expect(session.state).toMatchObject({ connection: { phase: 'online' }, read: 0 });
    expect(session.state.refused).toBeUndefined();
    expect(shown().map(({ text }) => text)).toEqual(['written meanwhile']);
    expect(durable()).toMatchObject([{ t: 'message', text: 'written meanwhile' }]);
    expect(other.mock.calls).toEqual([['gone']]);
    expect(JSON.parse(shelf.getItem('anteroom.shop') ?? '')).toMatchObject({ dialog: true, read: 0 });
  });

  it('does not take for read what a new dialog brings after the old one was erased while no page was open', () => {
    shelf.setItem('anteroom.shop', JSON.stringify({ secret: 's'.repeat(43), dialog: true, read: 9 }));
    start();
    expect(JSON.parse(shelf.getItem('anteroom.shop') ?? '')).toMatchObject({ dialog: false, read: 0 });
    Socket.last.hears({ t: 'entry', entry: entry(1) });
    expect(session.unread).toBe(1);
  });

  it('knows since when it has the link to a file', () => {
    vi.setSystemTime(5000);
    start(entry(1, { file: { id: 'f', kind: 'file', name: 'a', type: 'text/plain', size: 1, url: '/f' } }));
    expect(shown()[0]?.file?.came).toBe(5000);
  });

  it('does with a forbidden storage what it can', () => {
    shelf.key = shelf.getItem = shelf.setItem = () => {
      throw new DOMException('forbidden', 'SecurityError');
    };
    start();
    session.send({ t: 'message', text: 'hello' });
    expect(durable()).toMatchObject([{ text: 'hello' }]);
    expect((Socket.last.sent[0] as { secret?: string }).secret).toHaveLength(43);
  });
});

it("a page's address is told without its fragment", () => {
  location.hash = '#access_token=secret';
  expect(currentPage().url).toBe(location.href.split('#')[0]);
});
