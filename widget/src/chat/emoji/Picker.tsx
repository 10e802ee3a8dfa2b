import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Strings } from '../../i18n/strings';
import { groups } from './data';

interface Props {
  readonly strings: Strings;
  readonly onPick: (emoji: string) => void;
  readonly onClose: () => void;
}

/** Emoji in one row, as chat.css lays them out. */
const columns = 8;

/** A grid of emoji by groups, with a search by English and Russian words; arrows move, Enter picks. */
export function Picker({ strings, onPick, onClose }: Props): VNode {
  const [query, setQuery] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const found = useMemo(() => search(query), [query]);
  useEffect(() => field.current?.focus(), []);

  const keys = (event: KeyboardEvent): void => {
    const all = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(event.target as HTMLButtonElement);
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (event.key === 'Escape') onClose();
    else if (at < 0 && event.key === 'ArrowDown') all[0]?.focus();
    else if (at < 0 && event.key === 'Enter') all[0]?.click();
    else if (at >= 0 && move) (all[at + move] ?? (move < 0 ? field.current : all.at(-1)))?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="picker" role="group" aria-label={strings.emoji} onKeyDown={keys}>
      <input
        type="search"
        ref={field}
        value={query}
        aria-label={strings.search}
        placeholder={strings.search}
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <div class="grid" ref={grid}>
        {found.map(({ index, emoji }) => (
          <div key={index} role="group" aria-label={strings.emojiGroups[index]}>
            <h3>{strings.emojiGroups[index]}</h3>
            {emoji.map(([char, words]) => (
              <button key={char} type="button" aria-label={words.split(' ')[0]} onClick={() => onPick(char)}>
                {char}
              </button>
            ))}
          </div>
        ))}
        {found.length === 0 && <p>{strings.nothingFound}</p>}
      </div>
    </div>
  );
}

function search(query: string): { index: number; emoji: readonly (readonly [string, string])[] }[] {
  const wanted = query.trim().toLowerCase();
  return groups
    .map((group, index) => ({ index, emoji: group.filter(([, words]) => words.includes(wanted)) }))
    .filter(({ emoji }) => emoji.length > 0);
}
