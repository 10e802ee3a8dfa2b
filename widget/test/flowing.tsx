import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { vi } from 'vitest';
import { Flow } from '../src/chat/flow/Flow';
import type { Outbox } from '../src/chat/outbox';
import type { Draft } from '../src/chat/state';
import { emptyTimeline, fold } from '../src/chat/timeline';
import type { Entry } from '../src/chat/entry';
import type { ClientFrame } from '../src/chat/wire';
import { rare } from '../src/i18n/en.rare';
import { inside } from './inside';

/** A frame as the gateway's own tests hold it. */
const folder = join(import.meta.dirname, '../../bridge/gateway/wire/testdata');
export const golden = (name: string): object => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as object;
export const closing = 1795000000123;

export const box = document.createElement('div');
document.body.append(box);
export const sent: Draft[] = [];
/** The keys of what was discarded. */
export const discarded: string[] = [];
const life = new AbortController();

interface Stands {
  readonly flow?: object | undefined;
  readonly outbox?: Outbox;
  readonly said?: readonly Entry[];
  readonly phase?: string;
  readonly refused?: string;
}

/** The flow as it stands beside such a talk. */
export async function stands({ flow, outbox = [], said = [], phase = 'online', refused }: Stands): Promise<void> {
  const state = { timeline: fold(emptyTimeline, [...said]), outbox, flow, refused, connection: { phase }, site: { name: 's', max_length: 512, max_file_size: 1 } };
  const host = { settings: { site: 'shop' }, base: 'https://chat.example/', root: document };
  const discard = (cid: string): void => {
    discarded.push(cid);
    state.outbox = state.outbox.filter(({ frame }) => frame.cid !== cid);
  };
  inside({ state, life, send: (draft: Draft) => sent.push(draft), discard, helloFrame: () => ({ t: 'hello', secret: 'mine', page: {} }) }, { host: host as never });
  await act(() => render(<Flow rare={rare} />, box));
}
export const waits = (frame: object, failed?: string): Outbox => [{ frame: { cid: 'c', ...frame } as ClientFrame as never, at: 9, tab: 't', ...(failed && { failed }) }];
export const wrote: Entry[] = [{ id: 'e1', seq: 1, kind: 'message', at: 1, author: { party: 'visitor' }, text: 'Hello' }];
export const find = (what: string): HTMLElement => box.querySelector(what) as HTMLElement;
export const submits = (): Promise<void> => act(() => void find('form').dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
export const fills = (what: string, value: string): Promise<void> =>
  act(() => {
    const field = find(what) as HTMLInputElement;
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
export const faults = (): string[] => [...box.querySelectorAll('.fault')].map((e) => e.textContent).filter(Boolean);

/** Nothing is drawn, kept or sent yet; for beforeEach. */
export function begin(): void {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError()));
  render(null, box);
  sessionStorage.clear();
  sent.length = 0;
  discarded.length = 0;
}
