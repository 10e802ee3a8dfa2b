// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { words as ar } from '../src/i18n/ar.files';
import { words as en } from '../src/i18n/en.files';
import { words as ru } from '../src/i18n/ru.files';
import { accepts, kinds } from '../src/chat/upload/batch';
import { begin } from '../src/chat/upload/files';
import { Intake } from '../src/chat/upload/intake';
import { Uploads } from '../src/chat/upload/uploads';
import type { Place } from '../src/chat/outbox';
import type { Session } from '../src/chat/session';
import type { Chat } from '../src/chat/ui/context';
import type { Site } from '../src/chat/wire';
import type { Host } from '../src/loader/host';

const site = (more: Partial<Site> = {}): Site => ({ name: 's', max_length: 1, max_file_size: 10, max_files: 3, ...more });
const file = (name: string, bytes = 1, type = ''): File => new File(['x'.repeat(bytes)], name, { type });

/** How each picture that is made smaller comes to be so, by its name. */
const smaller = new Map<string, Promise<File | undefined>>();
const shrink = vi.fn<(of: File) => Promise<File | undefined>>((of) => smaller.get(of.name) ?? Promise.resolve(undefined));
vi.mock('../src/chat/upload/shrink', () => ({ shrink: (of: File): Promise<File | undefined> => shrink(of) }));

describe('a batch of chosen files', () => {
  let added: [string, Place, string?][];
  let freed: Place[];
  /** The names of what is not on its way, as the tab keeps them. */
  let kept: string[];
  let found: string[];
  /** Ends the making of a smaller picture. */
  let made: ((file: File) => void)[];
  let state: { site?: Site };
  let intake: Intake;
  const choose = (...files: File[]): Promise<void> => intake.take(files.map((f, at) => [f, { at }]));
  const told = (): [string, string][] => intake.refused.map((r) => [r.file.name, r.why]);

  beforeEach(() => {
    [added, freed, kept, found, state] = [[], [], [], [], { site: site() }];
    made = [];
    smaller.clear();
    shrink.mockClear();
    let next = 100;
    const uploads = {
      add: (f: File, place: Place, code?: string) => added.push(code ? [f.name, place, code] : [f.name, place]),
      hold: (files: File[]) => (kept = files.map(({ name }) => name)),
      found: ({ name }: File) => found.push(name),
    } as unknown as Uploads;
    intake = new Intake(uploads, { state, take: () => ({ at: next++ }), free: (p: Place) => freed.push(p) } as unknown as Session);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it('goes in its order, each file in the place that it took', async () => {
    await choose(file('a'), file('b'));
    expect(added).toEqual([['a', { at: 0 }], ['b', { at: 1 }]]);
    expect([freed, told()]).toEqual([[], []]);
  });

  it('goes without what cannot go: of that each is named with its reason, and gives its place back', async () => {
    state.site = site({ file_types: ['image/*', 'application/pdf'] });
    await choose(file('a.zip', 1, 'application/zip'), file('b.pdf', 11, 'application/pdf'), file('c', 1), file('d.pdf', 10, 'application/pdf'), file('e.png', 1, 'image/png'), file('f'), file('g'));
    expect(added.map(([name]) => name)).toEqual(['c', 'd.pdf', 'e.png']);
    expect(told()).toEqual([['a.zip', 'badType'], ['b.pdf', 'tooLarge'], ['f', 'tooMany'], ['g', 'tooMany']]);
    expect(freed.map(({ at }) => at)).toEqual([0, 1, 5, 6]);
  });

  it('knows programs by their names where the site names no types, for the bridge would refuse them once they are there', async () => {
    await choose(file('setup.EXE', 1), file('notes.exe.txt', 1), file('app.apk', 1, 'application/zip'));
    expect([told(), added.map(([name]) => name)]).toEqual([[['setup.EXE', 'badType'], ['app.apk', 'badType']], ['notes.exe.txt']]);
    intake.dismiss();
    state.site = site({ file_types: ['application/zip'] });
    await choose(file('app.apk', 1, 'application/zip'));
    expect([told(), added.at(-1)?.[0]]).toEqual([[], 'app.apk']);
  });

  it('that was too large goes on by a press, as much as may go at once', async () => {
    await choose(...Array.from({ length: 8 }, (_, i) => file(`f${i}`)));
    intake.rest();
    expect(added.map(([name]) => name)).toEqual(['f0', 'f1', 'f2', 'f3', 'f4', 'f5']);
    expect(told()).toEqual([['f6', 'tooMany'], ['f7', 'tooMany']]);
    intake.rest();
    expect(added).toHaveLength(8);
    expect(told()).toEqual([]);
  });

  it('keeps the reasons of the batch before it, and what can still be done about them', async () => {
    await choose(...Array.from({ length: 4 }, (_, i) => file(`f${i}`)));
    await choose(file('large', 11));
    expect(told()).toEqual([['f3', 'tooMany'], ['large', 'tooLarge']]);
    intake.rest();
    expect(added.map(([name]) => name)).toEqual(['f0', 'f1', 'f2', 'f3']);
  });

  it('is known by its names from the choice on until it is on its way', async () => {
    state.site = site({ max_file_size: 1 << 24 });
    smaller.set('large.jpg', new Promise((done) => (made[0] = done)));
    const choosing = choose(file('large.jpg', (1 << 20) + 1, 'image/jpeg'), file('a'));
    expect([found, kept, intake.busy]).toEqual([['large.jpg', 'a'], ['large.jpg', 'a'], true]);
    made[0]?.(file('large.webp'));
    await choosing;
    expect([added, kept, intake.busy]).toEqual([[], ['large.jpg', 'a'], false]);
    intake.send(true);
    expect([added.map(([name]) => name), kept]).toEqual([['large.webp', 'a'], []]);
  });

  it('is known by its names also while those that were too many wait for a press', async () => {
    await choose(...Array.from({ length: 5 }, (_, i) => file(`f${i}`)));
    expect(kept).toEqual(['f3', 'f4']);
    intake.rest();
    expect(kept).toEqual([]);
    await choose(...Array.from({ length: 4 }, (_, i) => file(`g${i}`)), file('large', 11));
    expect(kept).toEqual(['g3']);
    intake.dismiss();
    expect(kept).toEqual([]);
  });

  it('is still known by its names when the window goes before the visitor has decided', async () => {
    state.site = site({ max_file_size: 1 << 24 });
    smaller.set('large.jpg', Promise.resolve(file('large.webp')));
    await choose(file('large.jpg', (1 << 20) + 1, 'image/jpeg'));
    intake.end();
    expect(kept).toEqual(['large.jpg']);
  });

  it('is decided on once, with the one that is still looked at', async () => {
    state.site = site({ max_file_size: 1 << 24 });
    const picture = (name: string): File => file(name, (1 << 20) + 1, 'image/jpeg');
    smaller.set('quick.jpg', Promise.resolve(file('quick.webp')));
    smaller.set('slow.jpg', new Promise((done) => (made[0] = done)));
    const slow = choose(picture('slow.jpg'));
    await vi.waitUntil(() => shrink.mock.calls.length > 0, 5000);
    await choose(picture('quick.jpg'));
    expect(intake.busy).toBe(true);
    made[0]?.(file('slow.webp'));
    await slow;
    expect([intake.busy, intake.held.map((h) => h.file.name)]).toEqual([false, ['quick.jpg', 'slow.jpg']]);
  });

  it('goes without a word before the first welcome: the gateway knows the limits', async () => {
    delete state.site;
    await choose(file('a.zip', 1000, 'application/zip'));
    expect(added).toHaveLength(1);
  });

  it('is nobody’s when the window goes while its pictures are looked at', async () => {
    const choosing = choose(file('a.png', 20, 'image/png'), file('b'));
    intake.end();
    await choosing;
    expect([added, told(), intake.held]).toEqual([[], [], []]);
    expect(freed.map(({ at }) => at)).toEqual([0, 1]);
  });

  it('frees its places without a word where no file is taken', async () => {
    state.site = site({ max_file_size: 0 });
    await choose(file('a'));
    expect([added, told(), freed]).toEqual([[], [], [{ at: 0 }]]);
  });

  it('with a picture that is too large and cannot be made smaller says so, and sends the rest in its place', async () => {
    // There is no canvas here, as where a browser does not let pages read theirs.
    await choose(file('a'), file('b.jpg', 11, 'image/jpeg'), file('c'));
    expect(added).toEqual([['a', { at: 0 }], ['c', { at: 2 }]]);
    expect([told(), freed]).toEqual([[['b.jpg', 'tooLarge']], [{ at: 1 }]]);
    expect([intake.busy, intake.held]).toEqual([false, []]);
  });

  it('with pictures that cannot be read goes without them, soon, however many are read without end', async () => {
    vi.useFakeTimers();
    // One that gives back what was drawn: here pictures are looked at.
    const drawn = { fillRect: () => undefined, getImageData: () => ({ data: Array.from({ length: 4 }, () => [0x2a, 0x6f, 0x97, 255]).flat() }) };
    vi.stubGlobal('OffscreenCanvas', class { getContext = () => drawn; });
    state.site = site({ max_file_size: 1 << 24, max_files: 9 });
    const picture = (name: string, read: Promise<never>): File => {
      const large = file(name, (1 << 20) + 1, 'image/jpeg');
      large.slice = () => ({ arrayBuffer: () => read }) as unknown as Blob;
      return large;
    };
    const never = new Promise<never>(() => undefined);
    const gone = Promise.reject(new DOMException('gone', 'NotFoundError'));
    void choose(picture('cloud1', never), file('a'), picture('gone', gone), picture('cloud2', never), picture('cloud3', never));
    await vi.advanceTimersByTimeAsync(10_000);
    await vi.dynamicImportSettled();
    expect(added.toSorted((one, other) => one[1].at - other[1].at)).toEqual([
      ['cloud1', { at: 0 }, 'unreadable'],
      ['a', { at: 1 }],
      ['gone', { at: 2 }, 'unreadable'],
      ['cloud2', { at: 3 }, 'unreadable'],
      ['cloud3', { at: 4 }, 'unreadable'],
    ]);
    expect([told(), freed, intake.busy, intake.held]).toEqual([[], [], false, []]);
  });
});

/** The names that the tab keeps. */
const named = (): string[] => sessionStorage.getItem('anteroom.shop.files')?.split('/').slice(1) ?? [];

it('a picture that goes smaller, and one that was too many at first, are found again by the name they were chosen by, once', async () => {
  vi.useFakeTimers();
  sessionStorage.setItem('anteroom.shop.files', 'page/a.png/a.png/b/b');
  let at = 0;
  const session = { state: { site: site({ max_file_size: 1 << 24, max_files: 1 }), connection: { phase: 'waiting' }, outbox: [], taken: [] }, subscribe: () => () => undefined, take: () => ({ at: at++ }), free: () => undefined };
  const uploads = new Uploads(session as unknown as Session, { settings: { site: 'shop' } } as unknown as Host);
  const intake = new Intake(uploads, session as unknown as Session);
  smaller.set('a.png', Promise.resolve(file('a.jpg')));
  await intake.take([[file('a.png', (1 << 20) + 1, 'image/png'), session.take()]]);
  intake.send(true);
  expect([uploads.list[0]?.file.name, named()]).toEqual(['a.jpg', ['a.png', 'b', 'b', 'a.png']]);
  intake.choose([file('c'), file('b')]);
  expect(named().toSorted()).toEqual(['a.png', 'a.png', 'b', 'b', 'c']);
  intake.rest();
  expect(named().toSorted()).toEqual(['a.png', 'a.png', 'b', 'b', 'c']);
  uploads.end();
  vi.useRealTimers();
});

it('files that waited for their parts go, also when those came by a press that asks a phone’s visitor where from', async () => {
  sessionStorage.clear();
  const session = { life: new AbortController(), state: { site: site(), connection: { phase: 'waiting' }, outbox: [], taken: [] }, subscribe: () => () => undefined, free: () => undefined };
  const chat = { session, host: { settings: { site: 'shop' }, root: document }, rare: { get: () => Promise.resolve({ files: () => Promise.resolve(en) }) }, extras: { get: () => Promise.resolve() } };
  const { take } = await begin(chat as unknown as Chat);
  take([[file('a'), { at: 0 }]], document.createElement('input'));
  expect(sessionStorage.getItem('anteroom.shop.files')).toMatch(/.\/a$/);
  session.life.abort();
});

describe('what a site takes', () => {
  it('is told in words', () => {
    const all = site({ file_types: ['image/*', 'application/pdf', 'text/plain', 'text/*', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/x-tar', 'audio/mpeg'] });
    expect(kinds(all, en, 'en')).toBe('pictures, PDF, text, DOCX, TAR, MP3');
    expect(kinds(site({ file_types: ['image/*', 'application/pdf'] }), ar, 'ar')).toBe('صور، PDF');
    expect(kinds(site({ file_types: ['video/*'] }), ru, 'ru')).toBe('видео');
    expect(kinds(site(), en, 'en')).toBe('anything but programs');
  });

  // As the launcher has it, see TestTheCommaIsThatOfTheLanguage.
  it.each(Object.entries({ en: ',', ru: ',', ar: '،', 'ar-EG': '،', fa: '،', ur: '،', 'ku-Arab': '،', ku: ',', he: ',', yi: ',', 'zh-Hans': ',' }))('is told with the comma of the language: %s', (tag, want) => {
    expect(kinds(site({ file_types: ['image/*', 'video/*'] }), en, tag)).toBe(`pictures${want} videos`);
  });

  it.each([
    [[], 'a/b', true],
    [['image/*'], 'image/png', true],
    [['image/*'], 'imagesque/png', false],
    [['image/png'], 'image/pngs', false],
    [['image/png'], '', true],
  ])('%j, of type "%s": %s', (types, type, right) => {
    expect(accepts(types, type)).toBe(right);
  });
});
