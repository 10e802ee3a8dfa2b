// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { tell } from '../src/chat/attention/notice';
import type { Entry } from '../src/chat/entry';
import type { Session } from '../src/chat/session';
import type { State } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Host } from '../src/loader/host';
import { Shelf } from './shelf';

/** What a browser shows; no browser of a unit test does. */
class Shown extends EventTarget {
  static permission: NotificationPermission = 'granted';
  static readonly all: Shown[] = [];
  closed = false;
  constructor(
    readonly title: string,
    readonly options: NotificationOptions & { renotify: boolean },
  ) {
    super();
    Shown.all.push(this);
  }
  close(): void {
    this.closed = true;
  }
}

let session: { life: AbortController; state: State; listener: () => void; subscribe: (listener: () => void) => void };
let host: Host;
const show = vi.fn<(open: boolean) => void>();

const entry = (seq: number, rest: Partial<Entry> = {}): Entry => ({ id: `e${seq}`, seq, kind: 'message', at: seq, author: { party: 'operator', name: 'Anna' }, text: `text ${seq}`, ...rest });
/** The gateway's news, and how they are told of. */
const says = async (news: Entry, within: Partial<Host['settings']> = {}): Promise<void> => {
  Object.assign(host.settings, within);
  session.state = { ...session.state, timeline: fold(session.state.timeline, [news]) };
  session.listener();
  const told = tell(host, session as unknown as Session, news.at);
  await vi.advanceTimersByTimeAsync(1000);
  await told;
};
const shown = (): string[] => Shown.all.map(({ title, options, closed }) => `${title}: ${options.body ?? ''}${closed ? ' (closed)' : ''}`);

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000_000_000 });
  vi.stubGlobal('localStorage', new Shelf());
  vi.stubGlobal('Notification', Shown);
  vi.spyOn(document, 'hasFocus').mockReturnValue(false);
  Shown.all.length = 0;
  Shown.permission = 'granted';
  host = { settings: { site: 'shop' }, base: 'https://chat.example/', language: 'ru', show, life: new AbortController() } as unknown as Host;
  session = { life: host.life, state: { timeline: emptyTimeline, read: 0 } as State, listener: () => undefined, subscribe(listener) { this.listener = listener; } };
});
afterEach(() => {
  host.life.abort();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('says who wrote what, in the place of the one before, with a picture of the site', async () => {
  document.head.innerHTML = '<link rel="shortcut icon" href="https://shop.example/own.png">';
  await says(entry(1));
  await says(entry(2, { author: { party: 'bot' }, text: 'x'.repeat(500) }), { avatar: 'widget/assets/team.png' });
  expect(shown()).toEqual(['Anna: text 1', `Помощник: ${'x'.repeat(240)}`]);
  expect(Shown.all.map(({ options: { tag, lang, silent, icon, renotify } }) => ({ tag, lang, silent, icon, renotify }))).toEqual([
    { tag: 'anteroom.shop', lang: 'ru', silent: true, icon: 'https://shop.example/own.png', renotify: true },
    { tag: 'anteroom.shop', lang: 'ru', silent: true, icon: 'https://chat.example/widget/assets/team.png', renotify: false },
  ]);
  await vi.advanceTimersByTimeAsync(3000);
  await says(entry(3));
  expect(Shown.all[2]?.options.renotify).toBe(true);
});

it('pops up anew for the next answer, also where another tab showed the one before', async () => {
  // Another tab's modules.
  vi.resetModules();
  const other = await import('../src/chat/attention/notice');
  const here = { ...session };
  const there = { ...session };
  for (const [seq, by, in_] of [[1, tell, here], [2, other.tell, there], [3, tell, here]] as const) {
    session.state = { ...session.state, timeline: fold(session.state.timeline, [entry(seq)]) };
    in_.state = session.state;
    const told = by(host, in_ as unknown as Session, seq);
    await vi.advanceTimersByTimeAsync(seq === 1 ? 5000 : 1000);
    await told;
  }
  // The third follows at once.
  expect(Shown.all.map(({ options: { body, renotify } }) => [body, renotify])).toEqual([['text 1', true], ['text 2', true], ['text 3', false]]);
});

it('says no words where the site wants none to be seen', async () => {
  await says(entry(1), { notify: 'name' });
  expect(shown()).toEqual(['Anna: Новое сообщение']);
  // A correction has nothing to show.
  session.state = { ...session.state, timeline: fold(session.state.timeline, [entry(2, { kind: 'edit', target: 'e1', text: 'other words' })]) };
  session.listener();
  expect(shown()).toEqual(['Anna: Новое сообщение']);
});

it('says nothing while a page is in front, and has no tab say it later', async () => {
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  await says(entry(1));
  vi.spyOn(document, 'hasFocus').mockReturnValue(false);
  const told = tell(host, session as unknown as Session, 1);
  await vi.advanceTimersByTimeAsync(1000);
  await told;
  expect(shown()).toEqual([]);
});

it('says nothing without the permission, and throws nothing where a browser has no such notifications', async () => {
  Shown.permission = 'denied';
  await says(entry(1));
  expect(shown()).toEqual([]);
  vi.stubGlobal('Notification', class {
    static permission = 'granted';
    constructor() {
      throw new TypeError('Illegal constructor');
    }
  });
  await expect(says(entry(2))).resolves.toBeUndefined();
});

it('goes when it is read, when the page comes to the front, and with the chat', async () => {
  await says(entry(1));
  session.state = { ...session.state, read: 1 };
  session.listener();
  await says(entry(2));
  dispatchEvent(new Event('focus'));
  await says(entry(3));
  host.life.abort();
  expect(shown()).toEqual(['Anna: text 1 (closed)', 'Anna: text 2 (closed)', 'Anna: text 3 (closed)']);
});

it('stays through news, and goes with a message that is removed, whatever this machine believes the time to be', async () => {
  for (const ahead of [0, 86_400_000, -86_400_000]) {
    vi.setSystemTime(1_000_000_000_000 + ahead);
    session.state = { timeline: emptyTimeline, read: 0 } as unknown as State;
    vi.stubGlobal('localStorage', new Shelf());
    Shown.all.length = 0;
    await says(entry(1, { at: 1_000_000_000_000 }));
    // The next one has come here, and no tab has told of it yet.
    session.state = { ...session.state, timeline: fold(session.state.timeline, [entry(2, { at: 1_000_000_000_500 })]) };
    session.listener();
    expect(shown()).toEqual(['Anna: text 1']);
    await says(entry(3, { at: 1_000_000_001_000 }));
    session.state = { ...session.state, timeline: fold(session.state.timeline, [entry(4, { kind: 'redaction', target: 'e3' })]) };
    session.listener();
    expect(shown()).toEqual(['Anna: text 1', 'Anna: text 3 (closed)']);
  }
});

it('a press brings the tab to the front, and opens the chat', async () => {
  const focus = vi.spyOn(window, 'focus').mockReturnValue();
  await says(entry(1));
  Shown.all[0]?.dispatchEvent(new Event('click'));
  expect(focus).toHaveBeenCalledOnce();
  expect(show).toHaveBeenCalledWith(true);
  expect(shown()).toEqual(['Anna: text 1 (closed)']);
});
