// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { expect, it, vi } from 'vitest';
import { FileView } from '../src/chat/extras/FileView';
import type { Session } from '../src/chat/session';
import { provide } from '../src/chat/ui/context';
import { Lazy } from '../src/chat/ui/lazy';
import type { Host } from '../src/loader/host';
import { rare } from '../src/i18n/en.rare';
import { strings } from '../src/i18n/en';

it('a picture that cannot be loaded is a card that asks for a fresh link, never a broken picture', async () => {
  const fileURL = vi.fn<() => Promise<string>>().mockResolvedValue('files/f?s=1');
  const never = new Lazy<never>(() => new Promise(() => undefined));
  const host = { base: 'https://chat.example/' } as Host;
  provide({ host, session: { fileURL } as unknown as Session, strings, rare: never, extras: never, notify: () => undefined });
  const box = document.createElement('div');
  const file = { id: 'f', kind: 'image', name: 'a.png', type: 'image/png', size: 1, url: 'files/f?s=1' };
  const fails = (): Promise<void> => act(() => void box.querySelector('img')?.dispatchEvent(new Event('error')));

  await act(() => render(<FileView file={file} rare={rare} />, box));
  // The link may have expired: one fresh link is asked for, even if it is the same.
  await fails();
  expect(fileURL).toHaveBeenCalledTimes(1);
  await vi.waitFor(() => expect(box.querySelector('img')).not.toBeNull());
  await fails();
  expect(box.querySelector('img')).toBeNull();
  expect(box.textContent).toBe('This picture is not availableRetry');

  fileURL.mockRejectedValueOnce(new Error('offline'));
  await act(() => box.querySelector('button')?.click());
  await vi.waitFor(() => expect(box.textContent).toContain('This picture is not available'));
  await act(() => box.querySelector('button')?.click());
  await vi.waitFor(() => expect(fileURL).toHaveBeenCalledTimes(3));
  await vi.waitFor(() => expect(box.querySelector('img')).not.toBeNull());
});
