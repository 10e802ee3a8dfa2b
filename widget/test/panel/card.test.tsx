// @vitest-environment happy-dom
import { h, render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Card } from '../../src/panel/card/Card';
import type { Contact, Deal, LiveFrame } from '../../src/panel/forms';
import { Socket } from '../socket';
import { Bridge, contact, deal, panel, problem } from './bridge';
import type { Asked } from './bridge';

// Several wait for a button that became its opposite, and machines may be slow.
vi.setConfig({ testTimeout: 20_000 });

let bridge: Bridge;
let hear: (frame: LiveFrame) => void;
let now: Contact;
let deals: readonly Deal[];
let acts: (asked: Asked) => Response | Error | Promise<Response>;
let root: HTMLElement;
let answer: (response: Response) => void;
/** The next act is answered when the test says so. */
const hold = (): void => {
  acts = () => new Promise<Response>((done) => (answer = done));
};
let contactNumber = 0;

type Field = HTMLInputElement & HTMLTextAreaElement;

/** The button, field or other control with this name. */
function control(name: string): Field {
  const all = [...root.querySelectorAll<Field>('button, input, select, textarea, a, summary')];
  const labelled = (e: Element): string | undefined => root.querySelector(`[id="${e.getAttribute('aria-labelledby') ?? ''}"]`)?.textContent;
  const found = all.find((e) => (e.getAttribute('aria-label') ?? labelled(e) ?? e.closest('label')?.querySelector('.label')?.textContent ?? e.textContent) === name);
  if (!found) throw new Error(`no ${name} in ${root.textContent}`);
  return found;
}
const press = (name: string): Promise<void> => act(async () => control(name).click());
const type = (name: string, text: string): Promise<void> =>
  act(() => {
    const field = control(name);
    field.value = text;
    field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
  });
const submit = (name: string): Promise<void> => act(async () => void control(name).closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })));
const says = (): string => root.textContent ?? '';
/** Waits for what comes later than the press. */
const until = (right: () => boolean): Promise<boolean> =>
  vi.waitUntil(async () => {
    await act(() => Promise.resolve());
    return right();
  }, 5000);
const shows = (text: string): Promise<boolean> => until(() => says().includes(text));
/** Waits until no button is busy any more. */
const settled = (): Promise<boolean> => until(() => !root.querySelector('[aria-disabled=true]'));
/** Another card is shown, and this one once more. */
const comesBack = async (): Promise<void> => {
  await act(async () => render(null, root));
  await act(async () => render(<Card id={now.id} />, root));
  await until(() => root.querySelector('.deal') !== null);
};
/** The live socket says that the contact is so now. */
const becomes = (more: Partial<Contact>): Promise<void> =>
  act(() => {
    now = { ...now, ...more };
    hear({ type: 'contact', contact: now });
  });

beforeEach(async () => {
  // Drafts are kept by contact for as long as the page lives.
  now = contact({ id: `v${++contactNumber}` });
  deals = [deal()];
  acts = () => Response.json(now);
  bridge = new Bridge();
  bridge.answer = (asked) => {
    if (asked.method !== 'GET') return acts(asked);
    if (asked.path.endsWith('/deals')) return Response.json({ items: deals, next: null });
    if (asked.path.endsWith('/pages')) return Response.json({ items: [], next: null });
    return Response.json(now);
  };
  ({ hear } = await panel());
  root = document.createElement('div');
  document.body.append(root);
  await act(async () => {
    render(<Card id={now.id} />, root);
    hear({ type: 'ready' });
  });
  await shows('#12');
  await shows('€56');
});
afterEach(() => {
  vi.useRealTimers();
  render(null, root);
  root.remove();
  Socket.all.length = 0;
  localStorage.clear();
  vi.unstubAllGlobals();
});

describe('what the visitor gave', () => {
  const agreed = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
  const at = '2026-03-04T10:20:30Z';
  it('is its forms, its rating with the word, what it wants of mails and what it agreed to', async () => {
    await becomes({
      dialog: { ...now.dialog, rating: { score: 4, of: 5, word: 'Quick & <b>kind</b>' } },
      forms: [{ at, form: 'start', answers: [{ name: 'email', label: '', value: 'ann@example.org' }, { name: 'topic', label: 'What is it about?', value: 'An order' }, { name: 'gone', label: '', value: 'x' }] }],
      mails: { state: 'on', to: 'ann@example.org', last_at: at, last_state: 'failed' },
      consents: [{ at, hash: agreed, current: true }, { at, hash: `0${agreed.slice(1)}`, current: false }],
    });
    for (const part of ['Form before the dialog', ': ann@example.org', 'What is it about?: An order', 'gone: x', 'Rated 4 of 5', 'Quick & <b>kind</b>', 'subscribed', 'not sent', agreed.slice(0, 12), 'older text']) expect(says()).toContain(part);
    expect(says().split('older text')).toHaveLength(2);
    expect(says()).not.toContain(agreed);
    expect(root.querySelector('.fact b')).toBeNull();
  });
  it('stays when a list comes that has nothing of it', async () => {
    await becomes({ mails: { state: 'off', to: '', last_at: null } });
    expect(says()).toContain('not wanted');
    const { mails: _, ...listed } = now;
    await act(() => hear({ type: 'changed', contacts: [{ ...listed, company: 'Tea Ltd' }] }));
    expect(says()).toContain('Tea Ltd');
    expect(says()).toContain('not wanted');
  });
  it('is nothing where nothing was given', () => {
    for (const part of ['Form', 'E-mails', 'Consent', 'Rated']) expect(says()).not.toContain(part);
  });
});

/** Ctrl+Enter in the note; whether it has saved it. */
const enter = (more: object): Promise<boolean> => act(() => void control('Note').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true, ...more }))).then(() => bridge.acts.length > 0);

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
    acts = () => Response.json((now = { ...now, phone: '+4915112345678' }));
    await press('Add: Phone');
    await type('Phone', '0151 12345678');
    await submit('Phone');
    expect(bridge.acts[0]).toMatchObject({ method: 'PATCH', body: { phone: '0151 12345678' } });
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
    await act(async () => answer(Response.json(now)));
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
    await act(async () => render(null, root));
    now = { ...now, note: 'mine' };
    await comesBack();
    expect(control('Note').value).toBe('mine');
    answer(Response.json(now));
    await until(() => root.querySelector('textarea') === null);
    expect(control('Edit: Note').closest('.value')?.textContent).toBe('mine');
  });

  it('that was typed since another was saved stays', async () => {
    hold();
    await press('Edit: Note');
    await type('Note', 'mine');
    await submit('Note');
    await type('Note', 'mine too');
    await act(async () => answer(Response.json((now = { ...now, note: 'mine' }))));
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
    acts = () => problem(422, 'bad_contact', 'No.');
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
    acts = () => problem(500, 'internal');
    await press('Add: Company');
    await type('Company', 'Glina');
    await submit('Company');
    await settled();
    await submit('Company');
    await settled();
    await type('Company', 'Glina Ltd');
    await submit('Company');
    const [first, second, third] = bridge.acts.map((a) => a.key);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it('tried again after it hung for long, it is the same act: it may have been done', async () => {
    const clock = vi.spyOn(Date, 'now');
    acts = () => {
      clock.mockReturnValue(performance.timeOrigin + performance.now() + 81_000);
      return problem(500, 'internal');
    };
    await press('Add: Company');
    await type('Company', 'Glina');
    await submit('Company');
    await settled();
    await submit('Company');
    clock.mockRestore();
    const [first, second] = bridge.acts.map((a) => a.key);
    expect(second).toBe(first);
  });

  it('tried again long after no answer came, it is another act: what it was about has changed since', async () => {
    acts = () => problem(500, 'internal');
    await press('Add: Company');
    await type('Company', 'Glina');
    await submit('Company');
    await settled();
    const late = Date.now() + 61_000;
    const clock = vi.spyOn(Date, 'now').mockReturnValue(late);
    await submit('Company');
    clock.mockRestore();
    const [first, second] = bridge.acts.map((a) => a.key);
    expect(second).not.toBe(first);
  });

  it('emptied, it is taken away; but a name stays', async () => {
    await press('Edit: Note');
    await type('Note', ' ');
    await submit('Note');
    expect(bridge.acts[0]?.body).toEqual({ note: null });
    await settled();
    await press('Edit: Name');
    await type('Name', ' ');
    await submit('Name');
    expect(bridge.acts).toHaveLength(1);
  });
});

describe('tags', () => {
  it('are shown at once, and taken back when they are refused', async () => {
    hold();
    await type('Add a tag', 'wholesale');
    await submit('Add a tag');
    expect(root.querySelector('.coming')?.textContent).toBe('wholesale');
    await act(async () => answer(problem(422, 'bad_contact', 'Too many tags.')));
    await shows('Too many tags.');
    expect(root.querySelector('.coming')).toBeNull();
    expect(control('Add a tag').value).toBe('wholesale');
  });

  it('are taken off at once, and come back when that fails', async () => {
    hold();
    await press('Remove the tag vip');
    expect(root.querySelector('.tags')?.textContent).not.toContain('vip');
    await act(async () => answer(problem(403, 'bad_scope')));
    await until(() => root.querySelector('.tags')?.textContent?.includes('vip') === true);
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
    expect(bridge.acts).toMatchObject([{ method: 'PUT', path: `/contacts/${now.id}/variables/budget`, body: { value: '1200.5' } }]);
  });
});

describe('deals', () => {
  it('have the numbers that !deal asks for', () => {
    expect(root.querySelector('.deal h3')?.textContent).toBe('Bowl #1');
  });

  it('send what was touched only, so that two people can change two things', async () => {
    await press('Edit Bowl');
    await type('Stage', 'talks');
    await submit('Stage');
    expect(bridge.acts).toMatchObject([{ method: 'PATCH', path: `/contacts/${now.id}/deals/1`, body: { stage: 'talks' } }]);
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
    expect(bridge.acts[0]?.body).toEqual({ title: 'Cups', amount: { value: '12.50', currency: 'EUR' }, pipeline: 'sales', stage: 'new' });
  });

  it('have a history with the stages by their names', async () => {
    const { answer: usual } = bridge;
    const step = { by: '@anna:example.com', what: 'stage' } as const;
    const history = [{ ...step, at: '2026-11-24T12:00:00Z', was: 'old/warm', becomes: 'sales/new' }, { ...step, at: '2026-11-24T13:00:00Z', was: 'sales/new', becomes: 'sales/talks' }];
    bridge.answer = (asked) => (asked.path.endsWith('/deals/1') ? Response.json({ ...deal(), history }) : usual(asked));
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
    deals = [deal({ status: 'won' }), deal({ number: 2, title: 'Plates' })];
    await becomes({ online: false });
    await shows('Plates');
    expect(control('Title').value).toBe('Large bowl');
    await press('Cancel');
    await shows('1 closed');
    expect(root.querySelector('details .deal')?.textContent).toContain('Bowl');
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
    expect(bridge.acts.map((a) => a.body)).toEqual([{ title: 'Large bowl' }]);
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
    const first = answer;
    await comesBack();
    await submit('Title');
    const [one, other] = bridge.acts.map((a) => a.key);
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
    deals = [deal({ title: 'Plates' })];
    await becomes({ online: false });
    await shows('Plates');
    expect(says()).not.toContain('Bowl€56');
  });
});

describe('who answers', () => {
  it('is given by the button, not by the choice', async () => {
    await type('Assigned operator', '@boris:example.com');
    expect(bridge.acts).toEqual([]);
    await press('Assign');
    expect(bridge.acts[0]?.body).toEqual({ assignee: '@boris:example.com' });
  });

  it('is the operator who takes it, and nobody when they give it up', async () => {
    acts = () => Response.json((now = { ...now, dialog: { ...now.dialog, assignee: '@anna:example.com' } }));
    await press('Take');
    await shows('Give up');
    await settled();
    await press('Give up');
    expect(bridge.acts.map((a) => a.body)).toEqual([{ assignee: '@anna:example.com' }, { assignee: null }]);
  });
});

describe('the bot', () => {
  it('is silent for so long by the button, not by the choice, which arrow keys make too', async () => {
    acts = () => Response.json((now = { ...now, dialog: { ...now.dialog, bot: { on: false, until: '2999-01-01T00:00:00Z' } } }));
    await becomes({ dialog: { ...now.dialog, bot: { on: false, until: null } } });
    await settled();
    for (const minutes of ['15', '60']) await type('How long it is silent', minutes);
    expect(bridge.acts).toEqual([]);
    await press('Save');
    expect(bridge.acts.map((a) => a.body)).toEqual([{ bot: { on: false, minutes: 60 } }]);
    await shows('Until Jan 1');
    await settled();
    expect(says()).not.toContain('Save');
    // Until the dialog is closed.
    await type('How long it is silent', '0');
    await press('Save');
    expect(bridge.acts[1]?.body).toEqual({ bot: { on: false } });
  });

  it('runs nothing that nobody has chosen', async () => {
    const run = control('Run') as unknown as HTMLButtonElement;
    expect(run.disabled).toBe(true);
    await press('Run');
    expect(bridge.acts).toEqual([]);
    await type('Chain or assistant', 'chain order');
    await press('Run');
    expect(bridge.acts[0]).toMatchObject({ method: 'POST', path: expect.stringContaining('/order') as string });
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
    await becomes({ dialog: { ...now.dialog, ...dialog } });
    await act(async () => void vi.advanceTimersByTime(699));
    await press(after);
    expect(bridge.acts).toEqual([]);
    expect(control(after).getAttribute('aria-disabled')).toBe('true');
    await act(async () => void vi.advanceTimersByTime(1));
    vi.useRealTimers();
    await press(after);
    expect(bridge.acts).toHaveLength(1);
  });
});

it('who types is not known any more when the card comes back, until it is said again', async () => {
  await act(() => hear({ type: 'typing', contact: now.id, on: true }));
  await shows('is typing…');
  await act(async () => render(null, root));
  // That they stopped goes to who watches them.
  await act(async () => render(<Card id={now.id} />, root));
  await shows('#12');
  expect(says()).not.toContain('is typing…');
  await act(() => hear({ type: 'typing', contact: now.id, on: true }));
  await shows('is typing…');
});

describe('what is long', () => {
  it('is folded, and all of it is there for who asks', async () => {
    const [note, title] = [`${'word '.repeat(799)}end`, `${'name '.repeat(59)}end`];
    await becomes({ note, page: { url: 'https://shop.example/cup', title, referrer: '' } });
    expect(says()).not.toContain(note);
    expect(says()).not.toContain(title);
    const [ofTitle, ofNote] = [...root.querySelectorAll<HTMLButtonElement>('.more')];
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
    expect(root.querySelector('img')).toBeNull();
    const links = [...root.querySelectorAll('a')];
    expect(links.map((a) => new URL(a.href).protocol).filter((p) => p !== 'https:')).toEqual([]);
    expect(links.every((a) => a.target === '_blank' && a.rel.includes('noopener'))).toBe(true);
  });
});

describe('forgetting', () => {
  it('needs the number', async () => {
    acts = () => new Response(null, { status: 204 });
    await press('Forget…');
    await type('Type the visitor’s number, 12, to confirm', '13');
    await submit('Forget for ever');
    expect(says()).toContain('The number is 12.');
    expect(bridge.acts).toEqual([]);
    await type('Type the visitor’s number, 12, to confirm', '12');
    await submit('Forget for ever');
    expect(bridge.acts[0]).toMatchObject({ method: 'DELETE', path: `/contacts/${now.id}`, body: { number: 12 } });
    await shows('There is no such visitor, or not any more.');
  });

  it('by somebody else shows at once', async () => {
    await act(() => hear({ type: 'gone', contact: now.id }));
    expect(says()).toContain('There is no such visitor, or not any more.');
  });
});

it('what the socket says while an act is on its way is not overwritten by the act’s older answer', async () => {
  const before = now;
  hold();
  await press('Close dialog');
  await becomes({ name: 'Lena' });
  const dialog = { ...before.dialog, status: 'closed' as const };
  now = { ...now, dialog };
  await act(async () => answer(Response.json({ ...before, dialog })));
  await shows('Reopen dialog');
  expect(root.querySelector('h1')?.textContent).toContain('Lena');
});
