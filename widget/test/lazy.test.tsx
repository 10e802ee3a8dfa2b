// @vitest-environment happy-dom
import { h, render } from 'preact';
import type { VNode } from 'preact';
import { act } from 'preact/test-utils';
import { expect, it, vi } from 'vitest';
import { Lazy, useLazy } from '../src/chat/ui/lazy';

function View({ lazy }: { readonly lazy: Lazy<string>; readonly at: number }): VNode {
  return <p>{useLazy(lazy, true)}</p>;
}

it('what could not be loaded is loaded when the window is drawn again, as when the link is back', async () => {
  const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error('offline')).mockResolvedValue('here');
  const lazy = new Lazy(load);
  const box = document.createElement('div');
  const draw = (at: number): Promise<void> => act(() => render(<View lazy={lazy} at={at} />, box));
  await draw(1);
  expect(box.textContent).toBe('');
  await draw(2);
  await vi.waitFor(() => expect(box.textContent).toBe('here'));
  await draw(3);
  expect(load).toHaveBeenCalledTimes(2);
});
