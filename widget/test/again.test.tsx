// @vitest-environment happy-dom
import { h, render } from 'preact';
import type { VNode } from 'preact';
import { describe, expect, it, vi } from 'vitest';
import { Failed } from '../src/chat/extras/Parts';
import type { Session } from '../src/chat/session';
import { emptyTimeline } from '../src/chat/timeline';
import { provide } from '../src/chat/ui/context';
import { Lazy } from '../src/chat/ui/lazy';
import { items } from '../src/chat/ui/view';
import type { Item } from '../src/chat/ui/view';
import { Intake } from '../src/chat/upload/intake';
import { UploadList } from '../src/chat/upload/UploadList';
import type { Lost, Pending, Uploads } from '../src/chat/upload/uploads';
import type { Host } from '../src/loader/host';
import { rare as en } from '../src/i18n/en.rare';
import { strings } from '../src/i18n/en';
import { rare as ru } from '../src/i18n/ru.rare';

const free = vi.fn<() => void>();
const session = { state: { connection: { phase: 'online' } }, free } as unknown as Session;

function inWindow(rare = en): void {
  const lazy = new Lazy(() => Promise.resolve(rare));
  lazy.value = rare;
  provide({ host: {} as Host, session, strings, rare: lazy, extras: new Lazy(() => new Promise(() => undefined)), notify: () => undefined, compose: () => undefined });
}
const [message, upload] = items(
  emptyTimeline,
  ['text', 'file'].map((what, at) => ({
    frame: { t: 'message', cid: what, ...(what === 'text' && { text: 'My words' }) },
    at,
    tab: 't',
    ...(what === 'file' && { file: { id: 'f', kind: 'file', name: 'a', type: '', size: 1, url: '' } }),
  })),
  0,
) as [Item, Item];
const forget = vi.fn<(lost: Lost) => void>();
const failed = (code: string, item: Item): VNode => <Failed item={item} code={code} cid="c" />;

function buttons(node: VNode): (string | null)[] {
  const box = document.createElement('div');
  render(node, box);
  return [...box.querySelectorAll('.failed button')].map((b) => b.textContent);
}
function list(code: string, names: string[] = []): Uploads {
  const lost = names.map((name, key) => ({ name, key }));
  const pending: Pending = {
    name: 'a', cid: 'c', file: new File(['x'], 'a.txt'), place: { at: 0 }, progress: 0, state: 'failed', code, failures: 0,
  };
  return { list: [pending], lost, forget, subscribe: () => () => undefined } as unknown as Uploads;
}

describe('"Try again" is offered only where it can help', () => {
  it.each(['bad_file_type', 'empty', 'too_large', 'unknown_target', 'unreadable'])('not after %s', (code) => {
    inWindow();
    expect(buttons(failed(code, upload))).toEqual(['Discard']);
    expect(buttons(failed(code, message))).toEqual(['Edit', 'Discard']);
    expect(buttons(<UploadList uploads={list(code)} waiting={[]} rows={[]} />)).toEqual(['Discard']);
  });

  it('but after a fault that may pass', () => {
    inWindow();
    expect(buttons(failed('internal', message))).toEqual(['Try again', 'Discard']);
    expect(buttons(<UploadList uploads={list('internal')} waiting={[]} rows={[]} />)).toEqual(['Try again', 'Discard']);
  });
});

it.each([
  [en, 'empty', '“a.txt” is empty.'],
  [ru, 'empty', 'Файл «a.txt» пустой.'],
  [en, 'unreadable', '“a.txt” cannot be read any more. Please choose it again.'],
  [ru, 'unreadable', 'Файл «a.txt» больше не читается. Пожалуйста, выберите его ещё раз.'],
])('a file that is of no use is called so', (rare, code, sentence) => {
  inWindow(rare);
  const box = document.createElement('div');
  render(<UploadList uploads={list(code)} waiting={[]} rows={[]} />, box);
  expect(box.querySelector('.failed span')?.textContent).toBe(sentence);
});

it('where no files are taken, one that came nevertheless frees the way without a word', () => {
  inWindow();
  const { state } = session;
  Object.assign(session, { state: { ...state, site: { name: 's', max_length: 1, max_file_size: 0 } } });
  void new Intake({ found: () => undefined, hold: () => undefined } as unknown as Uploads, session).take([[new File(['x'], 'a.png'), { at: 7 }]]);
  Object.assign(session, { state });
  expect(free).toHaveBeenLastCalledWith({ at: 7 });
});

it('files that went with the last page are named, until the visitor has seen it', () => {
  inWindow();
  const box = document.createElement('div');
  render(<UploadList uploads={list('internal', ['mid.bin', 'b.txt'])} waiting={[]} rows={[]} />, box);
  expect([...box.querySelectorAll('.failed span')].map((e) => e.textContent).slice(0, 2)).toEqual([
    '“mid.bin” was not sent. Choose it again.',
    '“b.txt” was not sent. Choose it again.',
  ]);
  box.querySelector<HTMLButtonElement>('[aria-label="Discard: mid.bin"]')?.click();
  expect(forget).toHaveBeenCalledExactlyOnceWith({ name: 'mid.bin', key: 0 });
});

it('a file that was refused has one way out, not two', () => {
  inWindow();
  const box = document.createElement('div');
  render(<UploadList uploads={list('internal')} waiting={[]} rows={[]} />, box);
  expect([...box.querySelectorAll('button')].map((b) => b.getAttribute('aria-label') ?? b.textContent)).toEqual(['Try again', 'Discard: a.txt']);
});
