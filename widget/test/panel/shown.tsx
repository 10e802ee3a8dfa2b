import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, vi } from 'vitest';
import { Card } from '../../src/panel/card/Card';
import type { Contact, Deal, LiveFrame } from '../../src/panel/forms';
import { Socket } from '../socket';
import { Bridge, contact, deal, panel } from './bridge';
import type { Asked } from './bridge';

/** The card that a test looks at, and what the bridge has and answers. */
export const shown = {} as {
  bridge: Bridge;
  hear: (frame: LiveFrame) => void;
  now: Contact;
  deals: readonly Deal[];
  acts: (asked: Asked) => Response | Error | Promise<Response>;
  root: HTMLElement;
  answer: (response: Response) => void;
};

/** Shows the card of another contact before each test of a file. */
export function cards(): void {
  // Several wait for a button that became its opposite, and machines may be slow.
  vi.setConfig({ testTimeout: 20_000 });
  let contactNumber = 0;
  beforeEach(async () => {
    // Drafts are kept by contact for as long as the page lives.
    shown.now = contact({ id: `v${++contactNumber}` });
    shown.deals = [deal()];
    shown.acts = () => Response.json(shown.now);
    shown.bridge = new Bridge();
    shown.bridge.answer = (asked) => {
      if (asked.method !== 'GET') return shown.acts(asked);
      if (asked.path.endsWith('/deals')) return Response.json({ items: shown.deals, next: null });
      if (asked.path.endsWith('/pages')) return Response.json({ items: [], next: null });
      return Response.json(shown.now);
    };
    ({ hear: shown.hear } = await panel());
    shown.root = document.createElement('div');
    document.body.append(shown.root);
    await act(async () => {
      render(<Card id={shown.now.id} />, shown.root);
      shown.hear({ type: 'ready' });
    });
    await shows('#12');
    await shows('€56');
  });
  afterEach(() => {
    vi.useRealTimers();
    render(null, shown.root);
    shown.root.remove();
    Socket.all.length = 0;
    localStorage.clear();
    vi.unstubAllGlobals();
  });
}

/** The next act is answered when the test says so. */
export const hold = (): void => {
  shown.acts = () => new Promise<Response>((done) => (shown.answer = done));
};
type Field = HTMLInputElement & HTMLTextAreaElement;

/** The button, field or other control with this name. */
export function control(name: string): Field {
  const all = [...shown.root.querySelectorAll<Field>('button, input, select, textarea, a, summary')];
  const labelled = (e: Element): string | undefined => shown.root.querySelector(`[id="${e.getAttribute('aria-labelledby') ?? ''}"]`)?.textContent;
  const found = all.find((e) => (e.getAttribute('aria-label') ?? labelled(e) ?? e.closest('label')?.querySelector('.label')?.textContent ?? e.textContent) === name);
  if (!found) throw new Error(`no ${name} in ${shown.root.textContent}`);
  return found;
}
export const press = (name: string): Promise<void> => act(async () => control(name).click());
export const type = (name: string, text: string): Promise<void> =>
  act(() => {
    const field = control(name);
    field.value = text;
    field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
  });
export const submit = (name: string): Promise<void> => act(async () => void control(name).closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
export const says = (): string => shown.root.textContent ?? '';
/** Waits for what comes later than the press. */
export const until = (right: () => boolean): Promise<boolean> =>
  vi.waitUntil(async () => {
    await act(() => Promise.resolve());
    return right();
  }, 5000);
export const shows = (text: string): Promise<boolean> => until(() => says().includes(text));
/** Waits until no button is busy any more. */
export const settled = (): Promise<boolean> => until(() => !shown.root.querySelector('[aria-disabled=true]'));
/** Another card is shown, and this one once more. */
export const comesBack = async (): Promise<void> => {
  await act(async () => render(null, shown.root));
  await act(async () => render(<Card id={shown.now.id} />, shown.root));
  await until(() => shown.root.querySelector('.deal') !== null);
};
/** The live socket says that the contact is so now. */
export const becomes = (more: Partial<Contact>): Promise<void> =>
  act(() => {
    shown.now = { ...shown.now, ...more };
    shown.hear({ type: 'contact', contact: shown.now });
  });
