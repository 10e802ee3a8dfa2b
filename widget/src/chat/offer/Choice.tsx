import { h } from 'preact';
import type { VNode } from 'preact';
import { comma } from '../comma';
import { useChat } from '../ui/context';
import { Frame } from './Frame';
import type { FormProps } from './Frame';
import { useKept } from './kept';

/** One of several: a button each. */
export function One({ question, say }: FormProps): VNode {
  return (
    <div class="replies" role="group" aria-label={question.text}>
      {question.ask.choices?.map((choice, i) => {
        const value = String(i);
        return (
          <button key={value} type="button" class="press" dir="auto" onClick={() => say(choice, value)}>
            {choice}
          </button>
        );
      })}
    </div>
  );
}

/** Any number of several: a box to tick each. */
export function Many({ question, say }: FormProps): VNode {
  const { strings } = useChat();
  const [said, setSaid] = useKept(question);
  const taken = new Set(said.split(',').filter(Boolean));
  const choices = (question.ask.choices ?? []).map((text, i) => ({ text, value: String(i) }));
  const toggle = (value: string): void => {
    const next = new Set(taken);
    if (!next.delete(value)) next.add(value);
    setSaid([...next].join(','));
  };
  const send = (): void => {
    const all = choices.filter(({ value }) => taken.has(value));
    if (all.length > 0) say(all.map(({ text }) => text).join(comma(strings.tag)), all.map(({ value }) => value).join(','));
  };
  return (
    <Frame question={question} onSubmit={send} empty={taken.size === 0}>
      <fieldset class="boxes">
        <legend class="sr">{question.text}</legend>
        {choices.map(({ text, value }) => (
          <label key={value} class="box">
            <input type="checkbox" checked={taken.has(value)} onChange={() => toggle(value)} />
            <span dir="auto">{text}</span>
          </label>
        ))}
      </fieldset>
    </Frame>
  );
}
