// @vitest-environment happy-dom
import { h, render } from 'preact';
import type { VNode } from 'preact';
import { act } from 'preact/test-utils';
import { expect, it } from 'vitest';
import { useContact } from '../../src/panel/context';
import { contact, panel } from './bridge';

const Card = (): VNode => <p>{useContact('open')?.name}</p>;

// As when a long list is scrolled beside an open card.
it('who is looked at is known, however many others are heard of', async () => {
  const { contacts } = await panel();
  contacts.put([contact({ id: 'open', name: 'Ann' })]);
  const into = document.createElement('div');
  await act(() => render(<Card />, into));
  for (let page = 0; page < 6; page++) {
    await act(() => contacts.put(Array.from({ length: 200 }, (_, i) => contact({ id: `other-${page}-${i}` }))));
    expect(into.textContent).toBe('Ann');
  }
  expect(contacts.get('other-0-0')).toBeUndefined();
  await act(() => render(null, into));
});
