// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, expect, it, vi } from 'vitest';
import { FileView } from '../src/chat/extras/FileView';
import type { WireFile } from '../src/chat/entry';
import { inside } from './inside';

const ask = vi.fn<() => Promise<object>>();
const box = document.createElement('div');

beforeEach(() => {
  ask.mockReset().mockResolvedValue({ url: 'files/f?s=2' });
  inside({ asked: { ask } });
});
async function draw(file: WireFile): Promise<void> {
  render(null, box);
  await act(() => render(<FileView file={file} />, box));
}
async function fails(tag: string): Promise<void> {
  await act(() => void box.querySelector(tag)?.dispatchEvent(new Event('error')));
}

const png = { id: 'f', kind: 'image', name: 'a.png', type: 'image/png', size: 2048, url: 'files/f?s=1' };

it('a picture whose link cannot be renewed is a card that asks again, never a broken picture', async () => {
  ask.mockRejectedValueOnce(new Error('offline'));
  await draw(png);
  await fails('img');
  await vi.waitFor(() => expect(box.textContent).toBe('This picture is not availableRetry'));
  ask.mockRejectedValueOnce(new Error('offline'));
  await act(() => box.querySelector('button')?.click());
  await vi.waitFor(() => expect(box.textContent).toContain('This picture is not available'));
  await act(() => box.querySelector('button')?.click());
  await vi.waitFor(() => expect(box.querySelector('img')).not.toBeNull());
  expect(ask).toHaveBeenCalledTimes(3);
});

it.each([
  ['img', { ...png, kind: 'image', name: 'scan.tiff', type: 'image/tiff' }],
  ['video', { ...png, kind: 'video', name: 'film.avi', type: 'video/x-msvideo' }],
  ['audio', { ...png, kind: 'audio', name: 'song.wma', type: 'audio/x-ms-wma' }],
])('what the browser cannot show as %s with a fresh link either is listed, to be downloaded', async (tag, file) => {
  await draw(file);
  await fails(tag);
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(1));
  await vi.waitFor(() => expect(box.querySelector(tag)?.getAttribute('src')).toBe('https://chat.example/files/f?s=2'));
  await fails(tag);
  expect(box.querySelector(tag)).toBeNull();
  const link = box.querySelector('a');
  expect(link?.textContent).toBe(`Download${file.name}2 KB`);
  expect(link?.href).toBe('https://chat.example/files/f?s=2');
});

it('what is heard again after hours has a fresh link each time', async () => {
  const now = vi.spyOn(Date, 'now');
  await draw({ ...png, kind: 'audio', name: 'song.mp3', type: 'audio/mpeg' });
  for (const hour of [1, 2, 3]) {
    now.mockReturnValue(Date.UTC(2026, 10, 26) + hour * 3_600_000);
    // oxlint-disable-next-line no-await-in-loop
    await fails('audio');
    // oxlint-disable-next-line no-await-in-loop
    await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(hour));
  }
  expect(box.querySelector('audio')).not.toBeNull();
  now.mockRestore();
});

it('a link is renewed before it is followed when it is older than its life, counted from when it came', async () => {
  const opened = vi.spyOn(window, 'open').mockReturnValue(null);
  let followed = false;
  box.addEventListener('click', (event) => {
    followed = !event.defaultPrevented;
    event.preventDefault();
  });
  const click = (): boolean => {
    box.querySelector('a')?.click();
    return followed;
  };
  await draw({ ...png, kind: 'file', came: Date.now() - 40 * 60_000 });
  expect(click()).toBe(true);
  await draw({ ...png, kind: 'file', came: Date.now() - 60 * 60_000 });
  expect(click()).toBe(false);
  await vi.waitFor(() => expect(opened).toHaveBeenCalledExactlyOnceWith('https://chat.example/files/f?s=2', '_blank', 'noopener,noreferrer'));
  // That one is young.
  expect(click()).toBe(true);
});
