// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { idle } from '../src/chat/connection';
import type { Connection } from '../src/chat/connection';
import type { State } from '../src/chat/state';
import { StatusBar } from '../src/chat/ui/StatusBar';
import { inside } from './inside';

const box = document.createElement('div');
const draw = (phase: Connection['phase'], held?: string): Promise<void> =>
  act(() => render(<StatusBar state={{ connection: { ...idle, phase }, held } as State} />, box));
const passes = (ms: number): Promise<void> =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });

beforeEach(() => {
  vi.useFakeTimers();
  inside({});
});
afterEach(() => {
  render(null, box);
  vi.restoreAllMocks();
  vi.useRealTimers();
});

it('a browser without a network says so at once; a link that comes back soon is not worth a word', async () => {
  await draw('online');
  await draw('waiting');
  expect(box.textContent).toBe('');
  vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
  await draw('waiting');
  expect(box.textContent).toBe('No connection. Your messages will be sent later.');
});

it('messages that wait because there are many have a quiet word, if they wait for long', async () => {
  await draw('online', 'quick');
  expect(box.textContent).toBe('');
  await passes(1000);
  expect(box.textContent).toBe('You write quickly; the rest follows in a moment.');
  expect(box.querySelector('.stopped')).toBeNull();
  await draw('online');
  expect(box.textContent).toBe('');
});
