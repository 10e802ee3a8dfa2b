// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { go } from '../../src/panel/route';
import type { Sessions } from '../../src/panel/session';
import { App } from '../../src/panel/ui/App';
import { Socket } from '../socket';
import { borisSession, Bridge, contact, otherTab, panel, session, site } from './bridge';

let bridge: Bridge;
let sessions: Sessions;
let root: HTMLElement;
let contactNumber = 0;

const control = (name: string): HTMLInputElement | undefined =>
  [...root.querySelectorAll<HTMLInputElement>('button, input')].find((e) => (e.getAttribute('aria-label') ?? e.textContent) === name);
const typed = (): string | undefined => control('Name')?.value;
const inside = (): boolean => root.querySelector<HTMLElement>('.inside')?.hidden === false;
const press = (name: string): Promise<void> => act(async () => control(name)?.click());
const until = (right: () => boolean): Promise<boolean> =>
  vi.waitUntil(async () => {
    await act(() => Promise.resolve());
    return right();
  });

beforeEach(async () => {
  // Drafts are kept by contact for as long as the page lives.
  const id = `v${++contactNumber}`;
  bridge = new Bridge();
  bridge.answer = ({ path }) => {
    if (path === '') return Response.json(site);
    if (path.endsWith('/deals') || path.endsWith('/pages')) return Response.json({ items: [], next: null });
    return Response.json(contact({ id }));
  };
  ({ sessions } = await panel());
  go({ contact: id, list: false });
  root = document.createElement('div');
  document.body.append(root);
  await act(async () => render(<App />, root));
  await until(() => control('Edit: Name') !== undefined);
});
afterEach(() => {
  render(null, root);
  root.remove();
  Socket.all.length = 0;
  localStorage.clear();
  vi.unstubAllGlobals();
});

it('a link as another is followed by one button only, and left by another', async () => {
  await act(() => sessions.begin('secret', '@boris:example.com'));
  expect(inside()).toBe(false);
  expect(document.activeElement).toBe(root.querySelector('.door h1'));
  await press('Stay signed in as @anna:example.com');
  expect(inside()).toBe(true);
  await act(() => sessions.begin('secret', '@boris:example.com'));
  const before = bridge.answer;
  bridge.answer = (asked) => (asked.method === 'POST' ? Response.json(borisSession, { status: 201 }) : before(asked));
  await press('Continue as @boris:example.com');
  await until(() => inside() && root.querySelector('.who') !== null);
  expect(root.querySelector('.who')?.textContent).toContain(borisSession.operator);
});

it('says that there is no connection, also where there never was one', async () => {
  expect(root.querySelector('.cut')).toBeNull();
  await until(() => Socket.all.length > 0);
  await act(() => Socket.last.breaks());
  expect(root.querySelector('.cut')?.textContent).toBe('No connection. What you see may be old.');
});

describe('who is signed in', () => {
  const half = 'Half a name';
  beforeEach(async () => {
    await press('Edit: Name');
    await act(() => {
      const field = control('Name');
      if (!field) throw new Error('no field');
      field.value = half;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
  });

  it('comes back to what was typed', async () => {
    await act(() => sessions.ended(session.session, 'bad_session'));
    expect(inside()).toBe(false);
    await act(() => otherTab(session));
    expect(inside()).toBe(true);
    expect(typed()).toBe(half);
  });

  it('finds nothing that another has typed, and leaves nothing either', async () => {
    await act(() => otherTab(borisSession));
    await until(() => control('Edit: Name') !== undefined);
    await act(() => otherTab(session));
    await until(() => control('Edit: Name') !== undefined);
    expect(typed()).toBeUndefined();
  });
});
