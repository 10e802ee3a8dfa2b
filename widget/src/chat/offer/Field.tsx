import { h } from 'preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { OfferWords } from '../../i18n/strings';
import { trimmed } from '../blank';
import { composing, useChat } from '../ui/context';
import type { Ask } from '../entry';
import { Frame } from './Frame';
import type { FormProps } from './Frame';
import { useKept } from './kept';
import { readable } from './readable';

/** The browser's field for each type. */
const fields = {
  text: { type: 'text' },
  regex: { type: 'text', dir: 'auto' },
  email: { type: 'email', inputMode: 'email', autoComplete: 'email' },
  phone: { type: 'tel', inputMode: 'tel', autoComplete: 'tel' },
  // Not of the type url, which wants a scheme that people leave out.
  url: { type: 'text', inputMode: 'url', autoComplete: 'url', autoCapitalize: 'none', dir: 'auto' },
  number: { type: 'number', inputMode: 'decimal', step: 'any' },
  integer: { type: 'number', inputMode: 'numeric', step: 1 },
  date: { type: 'date' },
  time: { type: 'time' },
  datetime: { type: 'datetime-local' },
} as const;
type FieldType = keyof typeof fields;

/** Those whose value a machine reads otherwise than people do. */
const valued: ReadonlySet<string> = new Set(['number', 'integer', 'date', 'time', 'datetime']);

/** True if a field of its own helps; a text without a limit or an example is written in the composer. */
export function isField(ask: Ask): boolean {
  if (ask.type === 'text' || ask.type === 'regex') return !!(ask.placeholder || ask.max);
  return Object.hasOwn(fields, ask.type);
}

/** True if it is written as in the message field: what is half-written can go on there. */
export const isWritten = (ask: Ask): boolean => isField(ask) && !valued.has(ask.type);

/** One line to fill in; a text may have more. */
export function Field({ question, rare, say }: FormProps): VNode {
  const { strings, session } = useChat();
  const { ask } = question;
  const type = ask.type as FieldType;
  const words = rare.offer;
  const [text, setText] = useKept(question);
  const [fault, setFault] = useState('');
  const field = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const id = `ask-${question.id}`;
  const limit = Math.min(Number(type === 'text' && ask.max) || Infinity, session.state.site?.max_length ?? Infinity);
  const said = trimmed(text);
  const left = limit - [...said].length;
  const shown = (value: string): string => readable(type, value, strings.tag);

  const send = (): void => {
    const f = field.current;
    if (!f) return;
    const value = trimmed(f.value);
    const why = faultOf(f.validity, ask, words, shown);
    setFault(why);
    if (why || !value || left < 0) f.focus();
    else if (valued.has(type)) say(shown(value), value);
    else say(value);
  };
  const hints: object = fields[type];
  const common = {
    id,
    ref: field,
    value: text,
    placeholder: ask.placeholder ?? '',
    'aria-invalid': !!fault || left < 0,
    'aria-describedby': `${id}-fault`,
    onInput: (event: { readonly currentTarget: { readonly value: string } }) => {
      setText(event.currentTarget.value);
      setFault('');
    },
  };
  return (
    <Frame question={question} onSubmit={send} narrow empty={!said || left < 0}>
      <label for={id}>{words.fields[type]}</label>
      {type === 'text' ? (
        <textarea
          {...common}
          rows={2}
          dir="auto"
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || event.shiftKey || composing(event)) return;
            event.preventDefault();
            send();
          }}
        />
      ) : (
        <input {...common} {...hints} {...bounds(ask)} />
      )}
      <div class={`fault ${fault || left < 0 ? '' : 'calm'}`} id={`${id}-fault`} role="status">
        {fault || (type === 'text' && ask.max && (left < 0 ? rare.tooLong(-left, limit) : rare.left(left)))}
      </div>
    </Frame>
  );
}

/** The bounds of a number, a date or a time, as the browser's field takes them. */
function bounds({ type, min, max }: Ask): object {
  if (!valued.has(type)) return {};
  return {
    ...(min && { min }),
    ...(max && { max }),
    // Phones show no minus on the keyboard of digits.
    ...(!(min && Number(min) >= 0) && { inputMode: undefined }),
  };
}

/** What is wrong with what was filled in, in a sentence; empty if nothing is. */
function faultOf(validity: ValidityState, { type, min = '', max = '' }: Ask, words: OfferWords, shown: (value: string) => string): string {
  const isNumber = type === 'number' || type === 'integer';
  if (validity.typeMismatch) return words.noEmail;
  if (validity.badInput) return isNumber ? words.noNumber : words.noDate;
  if (validity.stepMismatch && type === 'integer') return words.noInteger;
  if (validity.rangeUnderflow) return isNumber ? words.least(shown(min)) : words.earliest(shown(min));
  if (validity.rangeOverflow) return isNumber ? words.most(shown(max)) : words.latest(shown(max));
  return '';
}
