import { h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { Icon } from '../ui/icons';
import { Frame } from './Frame';
import type { FormProps } from './Frame';
import { starPath } from './icons';
import { useKept } from './kept';

/** The highest rating: what the question says, within reason. */
function highest(max: string | undefined): number {
  return Math.min(10, Math.max(2, Math.round(Number(max)) || 5));
}

/** Stars; a group of radio buttons, which arrow keys move through. */
export function Rating({ question, rare, say }: FormProps): VNode {
  const [said, setSaid] = useKept(question);
  const chosen = Number(said) || 0;
  const [under, setUnder] = useState(0);
  const max = highest(question.ask.max);
  const shown = under || chosen;
  const send = (): void => {
    if (chosen) say(`${'★'.repeat(chosen)}${'☆'.repeat(max - chosen)} ${chosen}/${max}`, String(chosen));
  };
  return (
    <Frame question={question} onSubmit={send} empty={!chosen}>
      <fieldset class="stars" onPointerLeave={() => setUnder(0)}>
        <legend class="sr">{question.text}</legend>
        {Array.from({ length: max }, (_, i) => i + 1).map((n) => (
          <label key={n} class={n <= shown ? 'on' : ''} onPointerEnter={(event) => setUnder(event.pointerType === 'mouse' ? n : 0)}>
            <input
              type="radio"
              class="sr"
              name={`rating-${question.id}`}
              aria-label={rare.offer.stars(n, max)}
              checked={n === chosen}
              onChange={() => setSaid(String(n))}
            />
            <Icon path={starPath} />
          </label>
        ))}
      </fieldset>
    </Frame>
  );
}
