// @vitest-environment happy-dom
import { act } from 'preact/test-utils';
import { describe, expect, it } from 'vitest';
import { deal } from './bridge';
import { becomes, cards, comesBack, control, hold, press, says, settled, shown, shows, submit, type, until } from './shown';

cards();

describe('deals', () => {
  it('have the numbers that !deal asks for', () => {
    expect(shown.root.querySelector('.deal h3')?.textContent).toBe('Bowl #1');
  });

  it('send what was touched only, so that two people can change two things', async () => {
    await press('Edit Bowl');
    await type('Stage', 'talks');
    await submit('Stage');
    expect(shown.bridge.acts).toMatchObject([{ method: 'PATCH', path: `/contacts/${shown.now.id}/deals/1`, body: { stage: 'talks' } }]);
  });

  it('new ones need a title and an amount that is one', async () => {
    await press('Add a deal');
    await submit('Title');
    expect(says()).toContain('A deal needs a title.');
    await type('Title', 'Cups');
    await type('Amount', 'much');
    await submit('Title');
    expect(says()).toContain('An amount is a number');
    await type('Amount', '12,50');
    await submit('Title');
    expect(shown.bridge.acts[0]?.body).toEqual({ title: 'Cups', amount: { value: '12.50', currency: 'EUR' }, pipeline: 'sales', stage: 'new' });
  });

  it('have a history with the stages by their names', async () => {
    const { answer: usual } = shown.bridge;
    const step = { by: '@anna:example.com', what: 'stage' } as const;
    const history = [{ ...step, at: '2026-11-24T12:00:00Z', was: 'old/warm', becomes: 'sales/new' }, { ...step, at: '2026-11-24T13:00:00Z', was: 'sales/new', becomes: 'sales/talks' }];
    shown.bridge.answer = (asked) => (asked.path.endsWith('/deals/1') ? Response.json({ ...deal(), history }) : usual(asked));
    const fold = control('History').closest('details');
    await act(() => {
      fold?.setAttribute('open', '');
      fold?.dispatchEvent(new Event('toggle'));
    });
    await shows('stage: New → In talks');
    // The config has that pipeline no more.
    expect(says()).toContain('stage: old · warm → New');
  });

  it('that somebody else ends while they are being changed keep what was typed, and go when that is done', async () => {
    await press('Edit Bowl');
    await type('Title', 'Large bowl');
    shown.deals = [deal({ status: 'won' }), deal({ number: 2, title: 'Plates' })];
    await becomes({ online: false });
    await shows('Plates');
    expect(control('Title').value).toBe('Large bowl');
    await press('Cancel');
    await shows('1 closed');
    expect(shown.root.querySelector('details .deal')?.textContent).toContain('Bowl');
    expect(document.activeElement).toBe(control('Add a deal'));
  });

  it('keep what was typed when another card was shown meanwhile, until it is saved or given up', async () => {
    await press('Edit Bowl');
    await type('Title', 'Large bowl');
    await comesBack();
    expect(control('Title').value).toBe('Large bowl');
    // Nor is the focus taken from where it is now: the form comes when the deals do.
    expect(document.activeElement).not.toBe(control('Title'));
    await submit('Title');
    await settled();
    expect(shown.bridge.acts.map((a) => a.body)).toEqual([{ title: 'Large bowl' }]);
    await comesBack();
    expect(says()).not.toContain('Amount');
    await press('Add a deal');
    await type('Title', 'Cups');
    await comesBack();
    expect(control('Title').value).toBe('Cups');
    await press('Cancel');
    await comesBack();
    expect(says()).not.toContain('Amount');
  });

  it('new ones are made once, also when the form is saved again after its card came back', async () => {
    hold();
    await press('Add a deal');
    await type('Title', 'Cups');
    await submit('Title');
    const first = shown.answer;
    await comesBack();
    await submit('Title');
    const [one, other] = shown.bridge.acts.map((a) => a.key);
    expect(other).toBe(one);
    // Whichever answer comes, the form that is seen is done.
    await act(async () => first(Response.json(deal({ number: 2, title: 'Cups' }))));
    await until(() => !says().includes('Amount'));
  });

  it('whose form is opened and not touched take the focus by the press only', async () => {
    await press('Edit Bowl');
    expect(document.activeElement).toBe(control('Title'));
    await comesBack();
    expect(document.activeElement).not.toBe(control('Title'));
    await press('Cancel');
    await press('Edit Bowl');
    expect(document.activeElement).toBe(control('Title'));
  });

  it('are asked for again when the contact has changed', async () => {
    shown.deals = [deal({ title: 'Plates' })];
    await becomes({ online: false });
    await shows('Plates');
    expect(says()).not.toContain('Bowl€56');
  });
});
