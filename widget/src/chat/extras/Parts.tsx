import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import type { Author, EntryID, Location } from '../entry';
import { useName } from '../ui/Avatar';
import { sentence, useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import type { About } from '../ui/Composer';
import type { Item } from '../ui/view';
import { editing } from './about';
import { sayAgain } from './again';
import { hopeless } from './hopeless';
import { downPath, pinPath, replyPath } from './icons';
import { find } from './long';
import { counted, react } from './reactions';
import type { Count } from './reactions';
import { goWrite, useStay } from './stay';
import { useRare } from './words';

interface QuoteProps {
  readonly id: EntryID;
  /** Undefined while it is not among what is here. */
  readonly quoted: Item | undefined;
}

const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** Brings a message into view; what reads or is done next begins there. */
function show(target: HTMLElement, smoothly: boolean): void {
  target.scrollIntoView({ block: 'center', behavior: smoothly && !calm.matches ? 'smooth' : 'auto' });
  target.animate([{ backgroundColor: 'color-mix(in srgb, var(--accent) 18%, transparent)' }, {}], 1400);
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}

/** How a message is named where it is answered: by its words, or by what it has in place of them. */
function brief({ text, location, file, offer }: Item, rare: Rare): string {
  // Offers are checked where they are drawn, see offer/check.ts.
  const { cards, buttons } = Object(offer) as { cards?: unknown; buttons?: unknown };
  const names = [cards, buttons]
    .flatMap((all) => (Array.isArray(all) ? (all as unknown[]) : []))
    .map((one) => Object(one) as { title?: unknown; text?: unknown })
    .map((one) => one.title ?? one.text)
    .filter((name) => typeof name === 'string');
  return text || (location ? rare.place : (file?.name ?? names.join(', ')));
}

/** What a message answers, cut to two lines; a click goes there, and first loads what is between, which another click ends. */
export function Quote({ id, quoted }: QuoteProps): VNode {
  const rare = useRare();
  const { host, strings, notify } = useChat();
  const nameOf = useName();
  const [search, setSearch] = useState<AbortController | undefined>();
  const jump = (event: Event): void => {
    const target = host.root.getElementById(`m-${id}`);
    if (search) {
      search.abort();
    } else if (target) {
      show(target, true);
    } else {
      const begun = new AbortController();
      begun.signal.addEventListener('abort', () => setSearch(undefined));
      setSearch(begun);
      find(id, event.currentTarget as HTMLElement, begun, (found) => show(found, false)).catch(() => {
        begun.abort();
        notify(strings.trouble);
      });
    }
  };
  const words = quoted && (quoted.removed ? rare.removed : brief(quoted, rare));
  return (
    <button type="button" class="quote" title={rare.original} aria-busy={!!search} onClick={jump}>
      {search ? <b aria-hidden="true">…</b> : quoted && <b>{nameOf(quoted.author)}</b>}
      <span dir="auto">{search ? rare.cancel : (words ?? rare.original)}</span>
    </button>
  );
}

/** A place, as a link to a map: no map of a third party is loaded into the page. */
export function Place({ place }: { readonly place: Location }): VNode {
  const { latitude, longitude } = place;
  return (
    <a
      class="file"
      href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`}
      target="_blank"
      rel="noopener noreferrer nofollow"
    >
      <Icon path={pinPath} />
      <span>
        <b>{useRare().place}</b>
        <small>
          {latitude.toFixed(4)}, {longitude.toFixed(4)}
        </small>
      </span>
    </a>
  );
}

/** The reactions on a message with their counts; a click adds or takes back the visitor's own. */
export function Reactions({ item }: { readonly item: Item }): VNode | null {
  const { session } = useChat();
  const all = [...counted(item, session.state.outbox)];
  if (all.length === 0) return null;
  return (
    <div class="reactions">
      {all.map(([norm, told]) => (
        <Reaction key={norm} item={item} told={told} />
      ))}
    </div>
  );
}

interface ReactionProps {
  readonly item: Item;
  readonly told: Count;
}

function Reaction({ item, told: { key, count, own } }: ReactionProps): VNode {
  useStay();
  const rare = useRare();
  const { session } = useChat();
  return (
    <button type="button" aria-pressed={!!own} aria-label={rare.reaction(key, count, !!own)} onClick={() => react(session, item, key)}>
      {key}
      {count > 1 && <span>{count}</span>}
    </button>
  );
}

interface FailedProps {
  readonly item: Item;
  readonly code: string;
  readonly cid: string;
}

/** Why a message was refused, and what can be done: words that can never go are given back to the composer. */
export function Failed({ item, code, cid }: FailedProps): VNode {
  const { session, compose } = useChat();
  const rare = useRare();
  useStay();
  const never = hopeless.has(code);
  return (
    // No alert: it stands in the log, which is read out.
    <div class="failed">
      <span>{sentence(rare, code)}</span>
      {!(never && item.file) && (
        <button type="button" onClick={() => (never ? compose(editing(session, item, rare.save)) : sayAgain(session, ({ frame }) => frame.cid === cid))}>
          {never ? rare.edit : rare.retry}
        </button>
      )}
      <button type="button" onClick={() => session.discard(cid)}>
        {rare.discard}
      </button>
    </div>
  );
}

interface BannerProps {
  readonly about: About;
  /** Called when an edit has lost its message. */
  readonly onLost: () => void;
}

/** Above the composer: the message that is answered or edited. */
export function Banner({ about: { save, item }, onLost }: BannerProps): VNode {
  const rare = useRare();
  const nameOf = useName();
  const { session, compose } = useChat();
  useStay(goWrite);
  const removed = session.state.timeline.removed.has(item.id ?? '');
  const lost = removed && !!save;
  const told = useRef(false);
  useEffect(() => {
    if (lost && !told.current) {
      onLost();
      compose();
    }
    told.current = lost;
  }, [lost, onLost, compose]);
  return (
    <div class="about">
      <Icon path={replyPath} />
      <span>
        <b>{save ? rare.editing : rare.replyingTo(nameOf(item.author))}</b>
        <span dir="auto">{removed ? rare.removed : brief(item, rare)}</span>
      </span>
      <button type="button" class="plain" aria-label={rare.cancel} onClick={() => compose()}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Longer names are cut, so that there is room for what they do. */
const longName = 28;

/** Who on the other side types now. While the words of a model are seen as they come, who is blind to them is told so. */
export function Typing({ authors }: { readonly authors: readonly Author[] }): VNode {
  const rare = useRare();
  const nameOf = useName();
  const writes = useChat().session.state.writing.length > 0;
  const isSeen = !writes || authors.some(({ party }) => party !== 'bot');
  return (
    <>
      {isSeen && [1, 2, 3].map((i) => <i key={i} aria-hidden="true" />)}
      <span class={isSeen ? '' : 'sr'}>{rare.typing([...new Set(authors.map(nameOf))].map((name) => (name.length > longName ? `${[...name].slice(0, longName).join('')}…` : name)))}</span>
    </>
  );
}

/** Asks for the messages before those that are here. */
export function Earlier(): VNode {
  const { session } = useChat();
  useStay();
  return (
    <button type="button" class="earlier" onClick={() => session.older()}>
      {useRare().earlier}
    </button>
  );
}

interface JumpProps {
  /** How many messages below wait to be read. */
  readonly below: number;
  readonly onClick: () => void;
}

/** The way back to the newest messages. */
export function Jump({ below, onClick }: JumpProps): VNode {
  const rare = useRare();
  useStay();
  return (
    <button type="button" class="jump" aria-label={below ? `${rare.newMessages(below)}. ${rare.toNewest}` : rare.toNewest} onClick={onClick}>
      {below > 0 && rare.newMessages(below)}
      <Icon path={downPath} />
    </button>
  );
}
