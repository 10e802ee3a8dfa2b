import { h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { isRTL } from '../extras/direction';
import { composing, useChat } from '../ui/context';
import { Lazy, useLazy } from '../ui/lazy';
import { grouped } from './data';
import type { Emoji } from './data';

export { default as css } from './picker.css?inline';

interface Props {
  /** Where the emoji goes. */
  readonly into: { readonly current: HTMLTextAreaElement | null };
  /** Called with the whole text. */
  readonly onPick: (text: string) => void;
  readonly onClose: () => void;
}

/** What the languages but English call them. */
const named: Readonly<Record<string, Lazy<{ readonly words: readonly string[] }>>> = {
  ru: new Lazy(() => import('./data.ru')),
  ar: new Lazy(() => import('./data.ar')),
};
const english = new Lazy(async () => ({ words: [] as string[] }));

/** Emoji in one row, as chat.css lays them out. */
const columns = 8;

/** A grid of emoji by groups, with a search by words of the window's language and English ones; arrows move, Enter picks. */
export function Picker({ into, onPick, onClose }: Props): VNode {
  const { host, strings, rare: lazyWords } = useChat();
  const rare = useLazy(lazyWords, true);
  const own = useLazy(named[strings.tag] ?? english, true)?.words;
  const [query, setQuery] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const groups = useMemo(() => grouped(own), [own]);
  const found = useMemo(() => search(groups, query), [groups, query]);
  useLayoutEffect(() => field.current?.focus(), []);

  const insert = (emoji: string): void => {
    const area = into.current;
    if (!area) return;
    area.setRangeText(emoji, area.selectionStart, area.selectionEnd, 'end');
    onPick(area.value);
    area.focus();
  };

  const keys = (event: KeyboardEvent): void => {
    if (composing(event)) return;
    const all = [...(grid.current?.querySelectorAll('button') ?? [])];
    const at = all.indexOf(event.target as HTMLButtonElement);
    const right = isRTL(host.root.host) ? -1 : 1;
    const move = { ArrowRight: right, ArrowLeft: -right, ArrowDown: columns, ArrowUp: -columns }[event.key];
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
        aria-label={rare?.search}
        placeholder={rare?.search}
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <div class="grid" ref={grid}>
        {found.map(({ index, emoji }) => (
          <div key={index} role="group" aria-label={rare?.emojiGroups[index]}>
            {index >= 0 && <h3>{rare?.emojiGroups[index]}</h3>}
            {emoji.map(({ emoji: char, name }) => (
              <button key={char} type="button" aria-label={name} title={name} onClick={() => insert(char)}>
                {char}
              </button>
            ))}
          </div>
        ))}
        {found.length === 0 && <p>{rare?.nothingFound}</p>}
      </div>
    </div>
  );
}

interface Found {
  /** The group, or -1 for what a search found anywhere. */
  readonly index: number;
  readonly emoji: readonly Emoji[];
}

/** All groups, or what the query finds: names before other words. */
function search(groups: readonly (readonly Emoji[])[], query: string): Found[] {
  const wanted = query.trim().toLowerCase().replaceAll('ё', 'е');
  if (!wanted) return groups.map((emoji, index) => ({ index, emoji }));
  const start = new RegExp(`(^|[ ,])${wanted.replace(/[^\p{L}\d]/gu, '.')}`, 'u');
  const isOther = ({ name }: Emoji): number => (start.test(name.toLowerCase()) ? 0 : 1);
  const emoji = groups
    .flat()
    .filter(({ words }) => start.test(words))
    .toSorted((a, b) => isOther(a) - isOther(b));
  return emoji.length > 0 ? [{ index: -1, emoji }] : [];
}
