// @vitest-environment happy-dom
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { beforeEach, describe, expect, it } from 'vitest';
import { checked } from '../src/chat/flow/check';
import { rare } from '../src/i18n/en.rare';
import { begin, box, closing, discarded, faults, fills, find, golden, sent, stands, submits, waits, wrote } from './flowing';

beforeEach(begin);

describe('what is told', () => {
  it('of the goldens is what the components draw', () => {
    expect(checked(golden('flow_form')).form?.fields).toHaveLength(6);
    expect(checked(golden('flow'))).toMatchObject({ called: true, person: false, rate: { closing, of: 5, score: 4 }, channels: [{ kind: 'telegram' }, { kind: 'phone' }] });
    expect(checked(golden('flow_rate')).rate).toEqual({ closing, of: 1 });
  });
  it.each([
    ['nothing', undefined],
    ['no object', 7],
    ['a form without fields', { form: { id: 'start', fields: [] } }],
    ['a field without a name', { form: { id: 'start', fields: [{ type: 'text', max: 9 }] } }],
    ['choices that are no texts', { form: { id: 'start', fields: [{ name: 'a', type: 'select', max: 9, choices: [{}] }] } }],
    ['a rating of another scale', { rate: { closing, of: 10 } }],
    ['a closing that is no moment', { rate: { closing: 'now', of: 5 } }],
    ['a channel that runs a script', { channels: [{ kind: 'link', name: 'x', url: 'javascript:alert(1)' }] }],
    ['a person by another word than true', { person: 'yes', called: 1 }],
  ])('with %s is passed over', (_what, told) => {
    expect(checked(told as object | undefined)).toEqual({ form: undefined, person: false, called: false, rate: undefined, channels: [] });
  });
});

describe('a form', () => {
  it('has a field of the right kind for each, with its label', async () => {
    await stands({ flow: golden('flow_form') });
    const types = [...box.querySelectorAll('input, select, textarea')].map((e) => e.getAttribute('type') ?? e.localName);
    expect(types).toEqual(['text', 'email', 'tel', 'text', 'select', 'checkbox', 'textarea']);
    for (const field of box.querySelectorAll('input, select, textarea')) expect(box.querySelector(`label[for="${field.id}"]`) ?? field.closest('label')).not.toBeNull();
    expect(find('h3').textContent).toBe('Who are you?');
    expect(find('#form-email').getAttribute('aria-required')).toBe('true');
  });
  it('is not sent while something required lacks or is wrong, and says what at the field', async () => {
    await stands({ flow: golden('flow_form') });
    await submits();
    expect(faults()).toEqual([rare.flow.missing, rare.flow.missing]); // the address, and the message
    await fills('#form-email', 'maria@');
    await fills('#form-phone', 'call me');
    await fills('#form-order', 'x'.repeat(21));
    await fills('#form-message', 'Is tea in stock?');
    await submits();
    expect(faults()).toEqual([rare.offer.noEmail, rare.flow.noPhone, rare.flow.tooLong(20)]);
    expect(find('#form-email').getAttribute('aria-invalid')).toBe('true');
    expect(sent).toEqual([]);
  });
  it('is sent with what was filled in alone, and its message after it', async () => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', ' maria@example.org ');
    await fills('#form-message', 'Is tea in stock?');
    await act(() => find('#form-news').click());
    await submits();
    expect(sent).toEqual([
      { t: 'form', id: 'start', values: { email: 'maria@example.org', news: 'yes' } },
      { t: 'message', text: 'Is tea in stock?' },
    ]);
  });
  it.each(['+49 30 123456', '٠١٠٠١٢٣٤٥٦٧', '۰۹۱۲۳۴۵۶۷۸۹'])('takes a phone number as the visitor’s keyboard writes it: %s', async (phone) => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', 'maria@example.org');
    await fills('#form-message', 'Call me');
    await fills('#form-phone', phone);
    await submits();
    expect([faults(), sent[0]]).toEqual([[], { t: 'form', id: 'start', values: { email: 'maria@example.org', phone } }]);
  });
  it('has what was written before it go right behind it', async () => {
    const { form } = golden('flow_form') as { form: object };
    const outbox = [...waits({ t: 'message', text: 'Hello?', cid: 'early' }, 'form_needed'), ...waits({ t: 'message', text: 'Too long', cid: 'other' }, 'too_long')];
    await stands({ flow: { t: 'flow', form: { ...form, message: false } }, outbox });
    await fills('#form-email', 'maria@example.org');
    await submits();
    expect(sent.map((draft) => [draft.t, 'text' in draft && draft.text])).toEqual([['form', false], ['message', 'Hello?']]);
  });
  it('that is half filled in stays over a reload of the tab, and is forgotten once it is filled in', async () => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', 'maria@example.org');
    render(null, box);
    // The bridge has said nothing yet.
    await stands({ phase: 'connecting' });
    await stands({ flow: golden('flow_form') });
    expect((find('#form-email') as HTMLInputElement).value).toBe('maria@example.org');
    await stands({ flow: golden('flow_none') });
    expect(JSON.stringify({ ...sessionStorage })).not.toContain('maria');
  });
  it('on a page that was kept for the way back is what the tab has of it since', async () => {
    await stands({ flow: golden('flow_form') });
    await fills('#form-email', 'maria');
    const since = (sessionStorage.getItem('anteroom.shop.form') ?? '').replace('maria', 'maria@example.org');
    sessionStorage.setItem('anteroom.shop.form', since);
    await act(() => void dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true })));
    expect((find('#form-email') as HTMLInputElement).value).toBe('maria@example.org');
    expect(sessionStorage.getItem('anteroom.shop.form')).toBe(since);
  });
  it('keeps all that a program fills in at once', async () => {
    await stands({ flow: golden('flow_form') });
    await act(() => {
      for (const [what, value] of [['#form-email', 'maria@example.org'], ['#form-phone', '+49 30 123456']] as const) {
        const field = find(what) as HTMLInputElement;
        field.value = value;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
    expect(['#form-email', '#form-phone'].map((what) => (find(what) as HTMLInputElement).value)).toEqual(['maria@example.org', '+49 30 123456']);
  });
  describe('that is not asked for any more', () => {
    const composer = document.createElement('form');
    const field = document.createElement('textarea');
    composer.className = 'composer';
    composer.append(field);
    beforeEach(() => {
      document.body.append(composer);
      field.value = 'Hello';
      return () => composer.remove();
    });
    it('leaves its message in the field for messages', async () => {
      await stands({ flow: golden('flow_form') });
      await fills('#form-message', ' Do you also ship tea ');
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello\nDo you also ship tea');
      await stands({ flow: golden('flow_form') });
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello\nDo you also ship tea');
    });
    it('leaves it there also where the page was loaded anew, or another form is asked', async () => {
      await stands({ flow: golden('flow_form') });
      await fills('#form-message', 'First');
      render(null, box);
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello\nFirst');
      await stands({ flow: golden('flow_form') });
      await fills('#form-message', 'Second');
      const { form } = golden('flow_form') as { form: object };
      await stands({ flow: { form: { ...form, id: 'handoff', message: false } } });
      expect(field.value).toBe('Hello\nFirst\nSecond');
    });
    it('leaves nothing of what was sent', async () => {
      await stands({ flow: golden('flow_form') });
      await fills('#form-email', 'maria@example.org');
      await fills('#form-message', 'Is tea in stock?');
      await submits();
      await stands({ flow: golden('flow_form'), outbox: waits({ t: 'form', id: 'start', values: {} }) });
      await stands({ flow: golden('flow_none') });
      expect(field.value).toBe('Hello');
    });
  });
  it('goes as soon as it is on its way, and comes back if it is refused', async () => {
    const flow = golden('flow_form');
    const outbox = waits({ t: 'form', id: 'start', values: {} });
    await stands({ flow });
    await fills('#form-email', 'anna@gmail..com');
    await stands({ flow, outbox });
    expect(box.querySelector('form')).toBeNull();
    // The session drops what is refused, and tells why until the window has said so.
    await stands({ flow, refused: 'bad_form' });
    expect((find('#form-email') as HTMLInputElement).value).toBe('anna@gmail..com');
    await stands({ flow });
    expect(box.querySelector('form')).not.toBeNull();
    await stands({ flow, outbox });
    expect(box.querySelector('form')).toBeNull();
    await stands({ flow, outbox: waits({ t: 'form', id: 'start', values: {} }, 'too_large') });
    expect(box.querySelector('form')).not.toBeNull();
  });
  it('that is refused sends its message once, though that waits for it', async () => {
    const flow = golden('flow_form');
    await stands({ flow });
    await fills('#form-email', 'anna@gmail.com');
    await fills('#form-message', 'Is tea in stock?');
    await stands({ flow, outbox: waits({ t: 'message', text: 'Is tea in stock?' }, 'form_needed') });
    await submits();
    expect(discarded).toEqual(['c']);
    expect(sent.map(({ t }) => t)).toEqual(['form', 'message']);
    // The first went though its form was refused.
    await stands({ flow });
    await submits();
    expect(sent.map(({ t }) => t)).toEqual(['form', 'message', 'form']);
  });
  it('asks for no message where one was refused for it: that goes behind it', async () => {
    await stands({ flow: golden('flow_form'), outbox: waits({ t: 'message', text: 'Written before' }, 'form_needed') });
    expect(box.querySelector('#form-message')).toBeNull();
    await fills('#form-email', 'anna@gmail.com');
    await submits();
    expect(sent.map((d) => (d.t === 'message' ? d.text : d.t))).toEqual(['form', 'Written before']);
  });
  it('takes what stands half-written in the message field, which it takes the place of', async () => {
    const composer = document.createElement('div');
    composer.className = 'composer';
    const field = composer.appendChild(document.createElement('textarea'));
    document.body.append(composer);
    field.value = 'Half a sent';
    sessionStorage.setItem('anteroom.shop.draft', 'Half a sent');
    await stands({ flow: golden('flow_form') });
    expect([(find('#form-message') as HTMLTextAreaElement).value, field.value]).toEqual(['Half a sent', '']);
    composer.remove();
  });
  it('that the bridge has is not asked again before it says what stands there since', async () => {
    const flow = golden('flow_form');
    const outbox = waits({ t: 'form', id: 'start', values: {} });
    await stands({ flow });
    await stands({ flow, outbox });
    await stands({ flow, outbox: outbox.map((o) => ({ ...o, acked: { t: 'ack', cid: 'c', id: 'e9', seq: 9, at: 9 } })) });
    expect(box.querySelector('form')).toBeNull();
    await stands({ flow });
    expect(box.querySelector('form')).toBeNull();
    await stands({ flow: golden('flow_form') }); // it asks once more
    expect(box.querySelector('form')).not.toBeNull();
  });
  it('of which nothing is required can be passed over', async () => {
    await stands({ flow: { form: { id: 'handoff', fields: [{ name: 'order', type: 'text', max: 20 }] } } });
    expect(find('h3').textContent).toBe(rare.flow.handoff);
    await act(() => find('.plain-text').click());
    expect(sent).toEqual([{ t: 'form', id: 'handoff', values: {} }]);
  });
});

describe('a person', () => {
  it('is called by one press, which is said in the visitor’s words, once', async () => {
    await stands({ flow: { person: true } });
    await act(() => find('.ask-person').click());
    expect(sent).toEqual([{ t: 'message', text: rare.flow.personSaid, person: true }]);
    await stands({ flow: { person: true }, outbox: waits({ t: 'message', text: 'x', person: true }) });
    expect(box.querySelector('.ask-person')).toBeNull();
  });
  it('who was called is waited for', async () => {
    await stands({ flow: { called: true } });
    expect(find('.called').textContent).toBe(rare.flow.called);
  });
});

describe('other ways to the site', () => {
  it('are there until the visitor wrote', async () => {
    const { channels } = golden('flow') as { channels: object[] };
    await stands({ flow: { channels } });
    expect([...box.querySelectorAll('a')].map((a) => a.getAttribute('href'))).toEqual(['https://t.me/teashop', 'tel:+79000000000']);
    await stands({ flow: { channels }, said: wrote });
    expect(box.querySelector('a')).toBeNull();
  });
});

it('of a chat that ended nothing is asked', async () => {
  await stands({ flow: golden('flow_form'), phase: 'stopped' });
  expect(box.innerHTML).toBe('');
});
