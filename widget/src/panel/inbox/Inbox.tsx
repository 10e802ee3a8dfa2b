import { h } from 'preact';
import type { VNode } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { usePanel } from '../context';
import { adopt } from '../sheets';
import { keepShown, parse, parts, readShown } from './address';
import type { Part } from './address';
import { useMe, useWords } from './context';
import { Dialogs } from './Dialogs';
import type { Filter } from './filter';
import { Inbox as Store } from './inbox';
import { Later } from './Later';
import css from './inbox.css?inline';

interface Props {
  /** Whose card is shown. */
  readonly selected: string | undefined;
  readonly onOpen: (id: string) => void;
}

const loadDeals = (): Promise<typeof import('./Deals')> => import('./Deals');
const loadFigures = (): Promise<typeof import('../charts/Figures')> => import('../charts/Figures');

/** The site's dialogs, its deals by stage, and its figures. */
export function Inbox({ selected, onOpen }: Props): VNode {
  adopt(css);
  const { api, live, contacts, place } = usePanel();
  const { words } = useWords();
  const me = useMe();
  const [part, show] = useState<Part>(() => readShown(place.site).part);
  const [store] = useState(() => new Store(api, live, contacts, me, readShown(place.site).filter));
  useEffect(() => () => store.stop(), [store]);

  const filter = useCallback((next: Filter, step: boolean): void => {
    keepShown(place.site, { part: 'dialogs', filter: next }, step);
    store.show(next);
  }, [place.site, store]);

  const turn = (next: Part): void => {
    keepShown(place.site, { part: next, filter: store.state.filter }, true);
    show(next);
  };

  // The browser's own way back.
  useEffect(() => {
    // An address that says nothing would bring back another list than was left.
    keepShown(place.site, readShown(place.site), false);
    const back = (): void => {
      const shown = parse(location.hash.slice(1));
      show(shown.part);
      store.show(shown.filter);
      keepShown(place.site, shown, false);
    };
    addEventListener('popstate', back);
    return () => removeEventListener('popstate', back);
  }, [place.site, store]);

  return (
    // Beside a card, that is what the page is about.
    <section class="inbox" role={selected === undefined ? 'main' : undefined} aria-label={words.title}>
      <h1 class="sr">{words.title}</h1>
      <div class="inbox-in">
        <nav class="tabs" aria-label={words.title}>
          {parts.map((each) => (
            <button key={each} type="button" class="tab" aria-current={each === part ? 'page' : undefined} onClick={() => turn(each)}>{words.parts[each]}</button>
          ))}
        </nav>
        {part === 'dialogs' && <Dialogs store={store} me={me} selected={selected} onOpen={onOpen} onFilter={filter} />}
        {part === 'deals' && <Later load={loadDeals}>{({ Deals }) => <Deals selected={selected} onOpen={onOpen} />}</Later>}
        {part === 'figures' && <Later load={loadFigures}>{({ Figures }) => <Figures />}</Later>}
      </div>
    </section>
  );
}
