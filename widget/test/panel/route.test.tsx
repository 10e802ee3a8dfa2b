// @vitest-environment happy-dom
import { h, render } from 'preact';
import type { VNode } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Panel } from '../../src/panel/context';
import { go, openFirst, useRoute } from '../../src/panel/route';
import { Socket } from '../socket';
import { Bridge, panel } from './bridge';

let root: HTMLElement;
let parts: Panel;
function Shown(): VNode {
  return <p>{useRoute().contact ?? 'nobody'}</p>;
}
const opens = (contact: string | undefined): Promise<void> => act(() => go({ contact }));
const shows = (who: string): Promise<boolean> =>
  vi.waitUntil(async () => {
    await act(() => Promise.resolve());
    return root.textContent === who;
  });

beforeEach(async () => {
  history.replaceState(null, '', '#view=mine');
  new Bridge().answer = () => Response.json({ kind: 'dialog', contact: 'v9' });
  parts = await panel();
  root = document.createElement('div');
  await act(async () => render(<Shown />, root));
  go({ contact: undefined, list: true });
  await act(() => openFirst(parts));
});
afterEach(() => {
  render(null, root);
  Socket.all.length = 0;
  localStorage.clear();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it('a card is a step that the browser goes back from, and its address opens it again', async () => {
  await opens('v1');
  expect(location.hash).toBe('#view=mine&contact=v1');
  await opens('v2');
  history.back();
  await shows('v1');
  history.back();
  await shows('nobody');
  expect(location.hash).toBe('#view=mine');
  history.forward();
  await shows('v1');
  await act(() => openFirst(parts));
  await shows('v1');
});

it('the way to the list goes back to it, over all cards on the way', async () => {
  const steps = history.length;
  await opens('v1');
  await opens('v2');
  await opens(undefined);
  await vi.waitUntil(() => location.hash === '#view=mine');
  await shows('nobody');
  await opens('v3');
  expect(history.length).toBe(steps + 1);
});

it('a card that its address has opened has no list to go back to: the list takes its place', async () => {
  history.replaceState(null, '', '?contact=v1#view=mine');
  await act(() => openFirst(parts));
  await shows('v1');
  const steps = history.length;
  await opens(undefined);
  expect([location.search, location.hash, history.length]).toEqual(['', '#view=mine', steps]);
});

it("a client's frame and a card beside its room leave address and history alone", async () => {
  const steps = history.length;
  await act(() => openFirst({ ...parts, place: { ...parts.place, room: '!r:example.com' } }));
  await shows('v9');
  await opens('v1');
  go({ contact: undefined, list: true, moved: false });
  vi.spyOn(window, 'parent', 'get').mockReturnValue({} as Window);
  await opens('v2');
  await shows('v2');
  expect([location.hash, history.length]).toEqual(['#view=mine', steps]);
});
