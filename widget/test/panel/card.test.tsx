// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { describe, expect, it, vi } from 'vitest';
import { Card } from '../../src/panel/card/Card';
import type { Contact } from '../../src/panel/forms';
import { problem } from './bridge';
import { becomes, cards, comesBack, control, hold, press, says, settled, shown, shows, submit, type, until } from './shown';

cards();

describe('what the visitor gave', () => {
  const agreed = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  const at = '2026-03-04T10:20:30Z';
  it('is its forms, its rating with the word, what it wants of mails and what it agreed to', async () => {
    await becomes({
      dialog: { ...shown.now.dialog, rating: { score: 4, of: 5, word: 'Quick & <b>kind</b>' } },
      forms: [{ at, form: 'start', answers: [{ name: 'email', label: '', value: 'ann@example.org' }, { name: 'topic', label: 'What is it about?', value: 'An order' }, { name: 'gone', label: '', value: 'x' }] }],
      mails: { state: 'on', to: 'ann@example.org', last_at: at, last_state: 'failed' },
      consents: [{ at, hash: agreed, current: true }, { at, hash: `0${agreed.slice(1)}`, current: false }],
    });
    for (const part of ['Form before the dialog', ': ann@example.org', 'What is it about?: An order', 'gone: x', 'Rated 4 of 5', 'Quick & <b>kind</b>', 'subscribed', 'not sent', agreed.slice(0, 12), 'older text']) expect(says()).toContain(part);
    expect(says().split('older text')).toHaveLength(2);
    expect(says()).not.toContain(agreed);
    expect(shown.root.querySelector('.fact b')).toBeNull();
  });
  it('stays when a list comes that has nothing of it', async () => {
    await becomes({ mails: { state: 'off', to: '', last_at: null } });
    expect(says()).toContain('not wanted');
    const { mails: _, ...listed } = shown.now;
    await act(() => shown.hear({ type: 'changed', contacts: [{ ...listed, company: 'Tea Ltd' }] }));
    expect(says()).toContain('Tea Ltd');
    expect(says()).toContain('not wanted');
  });
  it('is nothing where nothing was given', () => {
    for (const part of ['Form', 'E-mails', 'Consent', 'Rated']) expect(says()).not.toContain(part);
  });
});

/** Ctrl+Enter in the note; whether it has saved it. */
const enter = (more: object): Promise<boolean> => act(() => void control('Note').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true, ...more }))).then(() => shown.bridge.acts.length > 0);

describe('what is edited', () => {
  it('has the focus before the next key comes, and gives it back as soon', async () => {
    control('Edit: Name').click();
    // As in a page: rendered in a microtask, while effects wait for the next frame.
    await Promise.resolve();
    expect(document.activeElement).toBe(control('Name'));
    control('Cancel').click();
    await Promise.resolve();
    expect(document.activeElement).toBe(control('Edit: Name'));
  });
  it('is saved, and shown as the bridge has it', async () => {
    shown.acts = () => Response.json((shown.now = { ...shown.now, phone: '+4915112345678' }));
    await press('Add: Phone');
    await type('Phone', '0151 12345678');
    await submit('Phone');
    expect(shown.bridge.acts[0]).toMatchObject({ method: 'PATCH', body: { phone: '0151 12345678' } });
    await settled();
    await shows('+4915112345678');
    expect(says()).not.toContain('Changed meanwhile');
    await until(() => document.activeElement?.getAttribute('aria-label') === 'Edit: Phone');
  });

  it('is not overwritten by what somebody else writes; that stands beside it and can be taken', async () => {
    await press('Edit: Note');
    await type('Note', 'mine');
    await becomes({ note: 'theirs' });
    expect(control('Note').value).toBe('mine');
    expect(says()).toContain('Changed meanwhile to “theirs”.');
    await press('Take that');
    expect(control('Note').value).toBe('theirs');
    expect(says()).not.toContain('Changed meanwhile');
  });

  it('is not taken for somebody else’s when the socket has it before the answer', async () => {
    hold();
    await press('Add: Phone');
    await type('Phone', '0151 12345678');
    await submit('Phone');
    await becomes({ phone: '+4915112345678' });
    expect(says()).not.toContain('Changed meanwhile');
    await act(async () => shown.answer(Response.json(shown.now)));
    await settled();
    await until(() => document.activeElement?.getAttribute('aria-label') === 'Edit: Phone');
  });

  it('is still there when another card was shown meanwhile', async () => {
    await press('Edit: Note');
    await type('Note', 'half a thou');
    await comesBack();
    expect(control('Note').value).toBe('half a thou');
  });

  it('is no draft any more when it was saved while another card was shown', async () => {
    hold();
    await press('Edit: Note');
    await type('Note', 'mine');
    await submit('Note');
    await act(async () => render(null, shown.root));
    shown.now = { ...shown.now, note: 'mine' };
    await comesBack();
    expect(control('Note').value).toBe('mine');
    shown.answer(Response.json(shown.now));
    await until(() => shown.root.querySelector('textarea') === null);
    expect(control('Edit: Note').closest('.value')?.textContent).toBe('mine');
  });

  it('that was typed since another was saved stays', async () => {
    hold();
    await press('Edit: Note');
    await type('Note', 'mine');
    await submit('Note');
    await type('Note', 'mine too');
    await act(async () => shown.answer(Response.json((shown.now = { ...shown.now, note: 'mine' }))));
    await settled();
    expect(control('Note').value).toBe('mine too');
  });

  it('is saved by Ctrl+Enter too, unless that takes the word of an input method', async () => {
    await press('Edit: Note');
    await type('Note', 'mine');
    expect(await enter({ isComposing: true })).toBe(false);
    expect(await enter({ keyCode: 229 })).toBe(false);
    expect(await enter({})).toBe(true);
  });

  it('stays when it is refused, and says beside it why', async () => {
    shown.acts = () => problem(422, 'bad_contact', 'No.');
    await press('Add: E-mail');
    await type('E-mail', 'nobody');
    await submit('E-mail');
    await settled();
    const field = control('E-mail');
    expect(field.value).toBe('nobody');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const told = field.getAttribute('aria-describedby')?.split(' ').map((id) => document.getElementById(id)?.textContent);
    expect(told).toContain('That is not an e-mail address.');
  });

  it('tried again after no answer came, it is the same act; changed, it is another', async () => {
    shown.acts = () => problem(500, 'internal');
    await press('Add: Company');
    await type('Company', 'Glina');
    await submit('Company');
    await settled();
    await submit('Company');
    await settled();
    await type('Company', 'Glina Ltd');
    await submit('Company');
    const [first, second, third] = shown.bridge.acts.map((a) => a.key);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('tried again after it hung for long, it is the same act: it may have been done', async () => {
    const clock = vi.spyOn(Date, 'now');
    shown.acts = () => {
      clock.mockReturnValue(performance.timeOrigin + performance.now() + 81_000);
      return problem(500, 'internal');
    };
    await press('Add: Company');
    await type('Company', 'Glina');
    await submit('Company');
    await settled();
    await submit('Company');
    clock.mockRestore();
    const [first, second] = shown.bridge.acts.map((a) => a.key);
    expect(second).toBe(first);
  });

  it('tried again long after no answer came, it is another act: what it was about has changed since', async () => {
    shown.acts = () => problem(500, 'internal');
    await press('Add: Company');
    await type('Company', 'Glina');
    await submit('Company');
    await settled();
    const late = Date.now() + 61_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(late);
    await submit('Company');
    clock.mockRestore();
    const [first, second] = shown.bridge.acts.map((a) => a.key);
    expect(second).not.toBe(first);
  });

  it('emptied, it is taken away; but a name stays', async () => {
    await press('Edit: Note');
    await type('Note', ' ');
    await submit('Note');
    expect(shown.bridge.acts[0]?.body).toEqual({ note: null });
    await settled();
    await press('Edit: Name');
    await type('Name', ' ');
    await submit('Name');
    expect(shown.bridge.acts).toHaveLength(1);
  });
});

describe('tags', () => {
  it('are shown at once, and taken back when they are refused', async () => {
    hold();
    await type('Add a tag', 'wholesale');
    await submit('Add a tag');
    expect(shown.root.querySelector('.coming')?.textContent).toBe('wholesale');
    await act(async () => shown.answer(problem(422, 'bad_contact', 'Too many tags.')));
    await shows('Too many tags.');
    expect(shown.root.querySelector('.coming')).toBeNull();
    expect(control('Add a tag').value).toBe('wholesale');
  });

  it('are taken off at once, and come back when that fails', async () => {
    hold();
    await press('Remove the tag vip');
    expect(shown.root.querySelector('.tags')?.textContent).not.toContain('vip');
    await act(async () => shown.answer(problem(403, 'bad_scope')));
    await until(() => shown.root.querySelector('.tags')?.textContent?.includes('vip') === true);
    expect(says()).toContain('You may not do that.');
  });
});

describe('variables', () => {
  it('of a kind are checked before they are sent', async () => {
    await press('Edit budget');
    await type('budget', 'many');
    await submit('budget');
    expect(says()).toContain('That is not a number.');
    await type('budget', '1 200,5');
    await submit('budget');
    expect(shown.bridge.acts).toMatchObject([{ method: 'PUT', path: `/contacts/${shown.now.id}/variables/budget`, body: { value: '1200.5' } }]);
  });
});

describe('who answers', () => {
  it('is given by the button, not by the choice', async () => {
    await type('Assigned operator', '@boris:example.com');
    expect(shown.bridge.acts).toEqual([]);
    await press('Assign');
    expect(shown.bridge.acts[0]?.body).toEqual({ assignee: '@boris:example.com' });
  });

  it('is the operator who takes it, and nobody when they give it up', async () => {
    shown.acts = () => Response.json((shown.now = { ...shown.now, dialog: { ...shown.now.dialog, assignee: '@anna:example.com' } }));
    await press('Take');
    await shows('Give up');
    await settled();
    await press('Give up');
    expect(shown.bridge.acts.map((a) => a.body)).toEqual([{ assignee: '@anna:example.com' }, { assignee: null }]);
  });
});

describe('the bot', () => {
  it('is silent for so long by the button, not by the choice, which arrow keys make too', async () => {
    shown.acts = () => Response.json((shown.now = { ...shown.now, dialog: { ...shown.now.dialog, bot: { on: false, until: '2999-01-01T00:00:00Z' } } }));
    await becomes({ dialog: { ...shown.now.dialog, bot: { on: false, until: null } } });
    await settled();
    for (const minutes of ['15', '60']) await type('How long it is silent', minutes);
    expect(shown.bridge.acts).toEqual([]);
    await press('Save');
    expect(shown.bridge.acts.map((a) => a.body)).toEqual([{ bot: { on: false, minutes: 60 } }]);
    await shows('Until Jan 1');
    await settled();
    expect(says()).not.toContain('Save');
    // Until the dialog is closed.
    await type('How long it is silent', '0');
    await press('Save');
    expect(shown.bridge.acts[1]?.body).toEqual({ bot: { on: false } });
  });

  it('runs nothing that nobody has chosen', async () => {
    const run = control('Run') as unknown as HTMLButtonElement;
    expect(run.disabled).toBe(true);
    await press('Run');
    expect(shown.bridge.acts).toEqual([]);
    await type('Chain or assistant', 'chain order');
    await press('Run');
    expect(shown.bridge.acts[0]).toMatchObject({ method: 'POST', path: expect.stringContaining('/order') as string });
  });
});

describe('a button that becomes its opposite', () => {
  const changes: readonly (readonly [string, string, Partial<Contact['dialog']>])[] = [
    ['Close dialog', 'Reopen dialog', { status: 'closed' }],
    ['Take', 'Give up', { assignee: '@anna:example.com' }],
    ['Bot', 'Bot', { bot: { on: false, until: null } }],
    ['Block', 'Unblock', { blocked: true }],
  ];
  it.each(changes)('does nothing until that can have been read: %s', async (before, after, dialog) => {
    expect(control(before)).toBeDefined();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await becomes({ dialog: { ...shown.now.dialog, ...dialog } });
    await act(async () => void vi.advanceTimersByTime(699));
    await press(after);
    expect(shown.bridge.acts).toEqual([]);
    expect(control(after).getAttribute('aria-disabled')).toBe('true');
    await act(async () => void vi.advanceTimersByTime(1));
    vi.useRealTimers();
    await press(after);
    expect(shown.bridge.acts).toHaveLength(1);
  });
});

it('who types is not known any more when the card comes back, until it is said again', async () => {
  await act(() => shown.hear({ type: 'typing', contact: shown.now.id, on: true }));
  await shows('is typing…');
  await act(async () => render(null, shown.root));
  // That they stopped goes to who watches them.
  await act(async () => render(<Card id={shown.now.id} />, shown.root));
  await shows('#12');
  expect(says()).not.toContain('is typing…');
  await act(() => shown.hear({ type: 'typing', contact: shown.now.id, on: true }));
  await shows('is typing…');
});

describe('what is long', () => {
  it('is folded, and all of it is there for who asks', async () => {
    const [note, title] = [`${'word '.repeat(799)}end`, `${'name '.repeat(59)}end`];
    await becomes({ note, page: { url: 'https://shop.example/cup', title, referrer: '' } });
    expect(says()).not.toContain(note);
    expect(says()).not.toContain(title);
    const [ofTitle, ofNote] = [...shown.root.querySelectorAll<HTMLButtonElement>('.more')];
    await act(async () => ofTitle?.click());
    await act(async () => ofNote?.click());
    expect(says()).toContain(note);
    expect(says()).toContain(title);
    await press('Edit: Note');
    expect(control('Note').value).toBe(note);
  });
});

describe('what visitors wrote', () => {
  it('is a link only where it is of the web, and never markup', async () => {
    await becomes({ page: { url: 'javascript:alert(1)', title: '<img src=x onerror=alert(1)>', referrer: 'data:text/html,x' }, variables: { site: 'https://user:secret@evil.example/%E2%80%AEgpj' } });
    expect(shown.root.querySelector('img')).toBeNull();
    const links = [...shown.root.querySelectorAll('a')];
    expect(links.map((a) => new URL(a.href).protocol).filter((p) => p !== 'https:')).toEqual([]);
    expect(links.every((a) => a.target === '_blank' && a.rel.includes('noopener'))).toBe(true);
  });
});

describe('forgetting', () => {
  it('needs the number', async () => {
    shown.acts = () => new Response(null, { status: 204 });
    await press('Forget…');
    await type('Type the visitor’s number, 12, to confirm', '13');
    await submit('Forget for ever');
    expect(says()).toContain('The number is 12.');
    expect(shown.bridge.acts).toEqual([]);
    await type('Type the visitor’s number, 12, to confirm', '12');
    await submit('Forget for ever');
    expect(shown.bridge.acts[0]).toMatchObject({ method: 'DELETE', path: `/contacts/${shown.now.id}`, body: { number: 12 } });
    await shows('There is no such visitor, or not any more.');
  });

  it('by somebody else shows at once', async () => {
    await act(() => shown.hear({ type: 'gone', contact: shown.now.id }));
    expect(says()).toContain('There is no such visitor, or not any more.');
  });
});

it('what the socket says while an act is on its way is not overwritten by the act’s older answer', async () => {
  const before = shown.now;
  hold();
  await press('Close dialog');
  await becomes({ name: 'Lena' });
  const dialog = { ...before.dialog, status: 'closed' as const };
  shown.now = { ...shown.now, dialog };
  await act(async () => shown.answer(Response.json({ ...before, dialog })));
  await shows('Reopen dialog');
  expect(shown.root.querySelector('h1')?.textContent).toContain('Lena');
});
