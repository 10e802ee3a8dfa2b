import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { FlowWords, Rare } from '../../i18n/strings';
import { trimmed } from '../blank';
import type { ClientID } from '../entry';
import { sayAgain } from '../extras/again';
import { outOfField } from '../extras/field';
import { ofTab } from '../storage';
import { useChat } from '../ui/context';
import type { Asked, FieldAsked } from './check';

/** The browser's field for each type. */
const inputs: Readonly<Record<string, object>> = {
  name: { type: 'text', autoComplete: 'name', autoCapitalize: 'words' },
  email: { type: 'email', inputMode: 'email', autoComplete: 'email' },
  phone: { type: 'tel', inputMode: 'tel', autoComplete: 'tel' },
  text: { type: 'text' },
};

type Values = Readonly<Record<string, string>>;

/** The name of the message among the values; no variable can have it. */
const message = ' ';

/** The message that went with a form, which outlives it: the bridge may refuse the one and take the other. */
export interface WroteIn {
  readonly text: string;
  readonly cid: ClientID | undefined;
}

interface FormProps {
  readonly form: Asked;
  readonly rare: Rare;
  readonly wroteIn: { current: WroteIn | undefined };
  /** Done in place of sending it. */
  readonly instead: (() => void) | undefined;
}

/** A form in the composer's place. What is half filled in is the tab's, and stays over a reload. */
export function Form({ form, rare, wroteIn, instead }: FormProps): VNode {
  const { host, session } = useChat();
  const { site } = host.settings;
  const words = rare.flow;
  const [values, setValues] = useState<Values>(() => kept(site, form.id));
  const [faults, setFaults] = useState<Values>({});
  const box = useRef<HTMLFormElement>(null);
  const most = session.state.site?.max_length ?? 512;
  // What was refused for the form goes behind it: nobody is to write it twice.
  const isSaid = session.state.outbox.some(({ frame, failed }) => frame.t === 'message' && failed === 'form_needed');
  // Once there, it stays: the focus may be in it.
  const asked = useRef(false);
  asked.current ||= !!form.message && (!isSaid || !!values[message]);
  const asksMessage = asked.current;
  const fields: readonly FieldAsked[] = [
    ...form.fields,
    ...(asksMessage ? [{ name: message, type: 'message', label: words.message, required: !!form.message && !isSaid, max: most }] : []),
  ];
  useEffect(() => keep(site, { id: form.id, values }), [site, form.id, values]);
  useLayoutEffect(() => {
    // The office has closed in the middle of a sentence: it goes on here.
    const half = form.message && outOfField(host.root, ofTab(site, 'draft'));
    if (half) setValues((now) => ({ ...now, [message]: `${now[message] ?? ''}\n${half}`.trim() }));
  }, [form.message, host, site]);
  useLayoutEffect(() => {
    const here = box.current;
    const isTouched = matchMedia('(pointer: coarse)').matches;
    // The composer, which had the focus, is gone; on a touch screen the keyboard would hide the form.
    if (!isTouched && host.root.activeElement?.matches('.window, .window *')) here?.querySelector<HTMLElement>('input, select, textarea')?.focus();
    return () => {
      if (!here?.contains(host.root.activeElement)) return;
      // Once it has gone, and the composer is there again.
      queueMicrotask(() => host.root.querySelector<HTMLElement>(isTouched ? '.window' : '.composer textarea')?.focus({ preventScroll: true }));
    };
  }, [host]);

  const send = (): void => {
    const found = Object.fromEntries(fields.map((f) => [f.name, faultOf(f, values[f.name] ?? '', rare)]).filter(([, why]) => why));
    setFaults(found);
    const first = fields.findIndex(({ name }) => found[name]);
    if (first >= 0) {
      box.current?.querySelectorAll<HTMLElement>('input, select, textarea')[first]?.focus();
      return;
    }
    go(Object.fromEntries(form.fields.map(({ name }) => [name, trimmed(values[name] ?? '')]).filter(([, value]) => value)));
  };
  const go = (filled: Values): void => {
    if (instead) {
      // As if it had gone: its message is not to be found again in the composer.
      keep(site, { id: form.id, values, sent: true });
      instead();
      return;
    }
    session.send({ t: 'form', id: form.id, values: filled });
    keep(site, { id: form.id, values, sent: true });
    const text = asksMessage ? trimmed(values[message] ?? '') : '';
    if (!text) {
      again();
      return;
    }
    // With a form that was refused it has gone already, or waits for this one: it is not to be there twice.
    const { current: before } = wroteIn;
    const waits = session.state.outbox.filter(({ frame, failed }) => failed && frame.t === 'message' && (frame.cid === before?.cid || frame.text === text));
    for (const { frame } of waits) session.discard(frame.cid);
    again();
    if (waits.length === 0 && text === before?.text) return;
    session.send({ t: 'message', text });
    wroteIn.current = { text, cid: session.state.outbox.at(-1)?.frame.cid };
  };
  /** What was written before the form came goes behind it, and before all that is written now. */
  const again = (): void => sayAgain(session, ({ failed }) => failed === 'form_needed');
  const optional = !form.message && form.fields.every(({ required }) => !required);
  return (
    <form
      class="form"
      noValidate
      aria-labelledby="form-title"
      ref={box}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <h3 id="form-title" dir="auto">
        {form.title || ({ handoff: words.handoff, away: words.away }[form.id] ?? words.start)}
      </h3>
      {fields.map((field) => (
        <Field
          key={field.name}
          field={field}
          words={words}
          value={values[field.name] ?? ''}
          fault={faults[field.name] ?? ''}
          onValue={(value) => {
            // What fills in forms for people fills in several fields before one is drawn again.
            setValues((now) => ({ ...now, [field.name]: value }));
            setFaults((now) => ({ ...now, [field.name]: '' }));
          }}
        />
      ))}
      {host.settings.privacy && (
        <a class="privacy" href={host.settings.privacy} target="_blank" rel="noopener noreferrer">
          {rare.consent.privacy}
        </a>
      )}
      <div class="actions">
        <button type="submit" class="main">
          {form.message || form.id !== 'start' ? words.send : words.begin}
        </button>
        {optional && (
          <button type="button" class="plain-text" onClick={() => go({})}>
            {words.skip}
          </button>
        )}
      </div>
    </form>
  );
}

interface FieldProps {
  readonly field: FieldAsked;
  readonly words: FlowWords;
  readonly value: string;
  readonly fault: string;
  readonly onValue: (value: string) => void;
}

/** One field with its label, and what is wrong with it. */
function Field({ field, words, value, fault, onValue }: FieldProps): VNode {
  const { name, type, required, choices = [] } = field;
  const id = `form-${name.trim() || 'message'}`;
  const own: Readonly<Record<string, string>> = { name: words.name, email: words.email, phone: words.phone };
  const label = field.label || own[type] || name;
  const common = {
    id,
    'aria-invalid': !!fault,
    'aria-describedby': `${id}-fault`,
    'aria-required': !!required,
  };
  const taken = { ...common, value, onInput: (event: { readonly currentTarget: { readonly value: string } }) => onValue(event.currentTarget.value) };
  const below = (
    <div class="fault" id={`${id}-fault`} role="status">
      {fault}
    </div>
  );
  const said = (
    <span dir="auto">
      {label} {!required && <i>{words.optional}</i>}
    </span>
  );
  if (type === 'checkbox') {
    return (
      <div class="field">
        <label class="tick">
          <input {...common} type="checkbox" checked={value === 'yes'} onChange={(event) => onValue(event.currentTarget.checked ? 'yes' : '')} />
          {said}
        </label>
        {below}
      </div>
    );
  }
  return (
    <div class="field">
      <label for={id}>{said}</label>
      {type === 'select' ? (
        <select {...taken}>
          <option value="">{words.choose}</option>
          {choices.map((choice, i) => {
            const place = String(i);
            return (
              <option key={place} value={place}>
                {choice}
              </option>
            );
          })}
        </select>
      ) : type === 'message' ? (
        <textarea {...taken} rows={3} dir="auto" />
      ) : (
        <input {...taken} {...(inputs[type] ?? inputs['text'])} dir={type === 'email' || type === 'phone' ? 'ltr' : 'auto'} />
      )}
      {below}
    </div>
  );
}

/** What is wrong with an answer, in a sentence; empty if nothing is. The bridge looks at it once more. */
function faultOf({ type, required, max }: FieldAsked, value: string, { flow, offer }: Rare): string {
  const said = trimmed(value);
  if (!said) return required ? flow.missing : '';
  if ([...said].length > max) return flow.tooLong(max);
  if (type === 'email' && !/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(said)) return offer.noEmail;
  // In the digits of any script, as the visitor's keyboard has them.
  if (type === 'phone' && (/\p{L}/u.test(said) || !/^(\P{Nd}*\p{Nd}){5,15}\P{Nd}*$/u.test(said))) return flow.noPhone;
  return '';
}

/** A form that was begun, as the tab keeps it. */
interface Begun {
  readonly id: string;
  readonly values: Values;
  /** It is on its way, with its message. */
  readonly sent?: boolean;
}

function keep(site: string, what: Begun): void {
  ofTab(site, 'form', JSON.stringify(what));
}

/** What this tab has of a form from before. */
function begun(site: string): Partial<Begun> {
  try {
    return Object(JSON.parse(ofTab(site, 'form'))) as Partial<Begun>;
  } catch {
    return {};
  }
}

function kept(site: string, form: string): Values {
  const { id, values } = begun(site);
  return id === form ? (Object(values) as Values) : {};
}

/** The message that was written in a form which is not asked for any more, and did not go with it. */
export function leftOver(site: string, form: string | undefined): string {
  const { id, values, sent } = begun(site);
  return id === form || sent ? '' : trimmed(String(Object(values)[message] ?? ''));
}
