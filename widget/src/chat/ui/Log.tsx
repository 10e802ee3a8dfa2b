import { Fragment, h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { State } from '../state';
import { useChat, useExtras } from './context';
import { MessageView } from './MessageView';
import type { Item } from './view';

interface Props {
  readonly state: State;
  readonly items: readonly Item[];
  /** True while the messages are not drawn yet: until then none is read. */
  readonly early?: boolean;
  readonly open: boolean;
  /** Draws files on their way among the messages that were written after them, and wait. */
  readonly children: (waiting: readonly Item[], rows: readonly VNode[]) => ComponentChildren;
}

/** Where the visitor is among the messages. */
interface Held {
  readonly atEnd: boolean;
  /** The key of the last message. */
  readonly last: string;
  /** Of the scroller, in CSS pixels: how much is seen, and how far it is scrolled. */
  room: number;
  top: number;
}

const none: readonly Item[] = [];
/** Messages of one author within so many milliseconds stand together. */
const together = 5 * 60_000;
/** Of a dialog with more messages than this only those near the eye are drawn. */
const longest = 150;
/** Messages that have been there for so many milliseconds are not news. */
const settled = 500;
/** Nearer to an end than so many CSS pixels counts as being there. */
const near = 30;

/** The messages, with older ones loaded on the way up and the newest kept in view. */
export function Log({ state, items: all, early, open, children }: Props): VNode {
  const items = early ? none : all;
  const { session, strings, host } = useChat();
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  // The rest is known once something was drawn.
  const held = useRef({ atEnd: true } as Held);

  // Made once, as it knows but what stays.
  const { current: toEnd } = useRef((): void => {
    const s = scroller.current;
    if (!s) return;
    s.scrollTop = s.scrollHeight;
    held.current.room = s.clientHeight;
    held.current.top = s.scrollTop;
  });

  // What is seen, and where its lower edge is, before it is drawn anew: the upper one moves when its author is named above it no more.
  const view = held.current.atEnd ? undefined : scroller.current;
  const seen = view && [...view.querySelectorAll('article')].find((e) => edge(view, e) > 0);
  const stood = edge(view, seen);
  // Keeps the place: at the end when there, else the same message under the eye.
  useLayoutEffect(() => {
    const now = held.current;
    const last = items.at(-1);
    const wrote = last?.own && last.key !== now.last && last.status === 'sending';
    held.current = { ...now, last: last?.key ?? '' };
    if (now.atEnd || wrote) {
      toEnd();
      return;
    }
    // Less is not seen, and to write it would stop a finger's momentum.
    const moved = Math.trunc((edge(view, seen) || stood) - stood);
    if (view && moved) view.scrollTop += moved;
  });

  // Pictures that load and keyboards that open move the end; stay there.
  useEffect(() => {
    const watch = new ResizeObserver(() => {
      if (held.current.atEnd) toEnd();
    });
    for (const e of [scroller.current, content.current]) if (e) watch.observe(e);
    return () => watch.disconnect();
  }, [toEnd]);

  const onScroll = (): void => {
    const s = scroller.current;
    if (!s) return;
    const { clientHeight: room, scrollHeight: height, scrollTop: top } = s;
    const now = held.current;
    // Only who scrolls up leaves the end: a picture that comes and a composer
    // that grows move the messages too, but nobody scrolled.
    const moved = top < now.top && room === now.room;
    const end = height - top - room < near || (now.atEnd && !moved);
    held.current = { ...now, atEnd: end, room, top };
    if (now.atEnd && !moved) toEnd();
    setAtEnd(end);
    if (top < near) session.older();
  };

  // Read is what is on the screen of someone who is there.
  useEffect(() => {
    const look = (): void => {
      if (!early && open && atEnd && !document.hidden && document.hasFocus()) session.markRead();
    };
    look();
    const life = new AbortController();
    // The second bubbles up from the document.
    for (const type of ['focus', 'visibilitychange']) addEventListener(type, look, life);
    return () => life.abort();
  }, [open, early, atEnd, items, session]);

  // The first page and older ones are no news: a screen reader is not to read them out.
  const start = state.site && Math.max(1, state.timeline.first);
  const [calm, setCalm] = useState<number | undefined>();
  useEffect(() => {
    const timer = setTimeout(() => setCalm(start), settled);
    return () => clearTimeout(timer);
  }, [start, calm]);

  const { more } = state.timeline;
  const typing = state.typing.length > 0;
  // What came while the window was closed; what comes while it is open needs no mark.
  const known = open && !!state.site;
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- only as things were at the opening
  const fresh = useMemo(() => (known ? all.find(({ own, seq }) => !own && seq > state.read)?.key : undefined), [known]);
  const extras = useExtras(!atEnd || more || typing || fresh || state.site?.ai_notice || items[longest]);
  const row = (item: Item, i: number): VNode => {
    const before = items[i - 1];
    const newDay = !before || dayOf(before.at) !== dayOf(item.at);
    const isFresh = item.key === fresh;
    return (
      <Fragment key={item.key}>
        {newDay && <Day at={item.at} />}
        {extras && <extras.Lead item={item} items={items} isFresh={isFresh} />}
        <MessageView
          item={item}
          quoted={item.replyTo ? items.find(({ id }) => id === item.replyTo) : undefined}
          grouped={!newDay && !isFresh && !!before && continues(before, item)}
        />
      </Fragment>
    );
  };
  const rows = (items[longest] && extras?.rows(scroller.current, setCalm, items, row)) ?? items.map(row);
  // What waits for a file is no news yet, and stands under it.
  const first = state.taken[0]?.at ?? Infinity;
  const waiting = items.filter(({ seq, at }) => seq === Infinity && at >= first);
  const late = rows.splice(rows.length - waiting.length);
  return (
    <div class="middle">
      <div class="log" role="group" aria-label={strings.messages} tabIndex={0} ref={scroller} onScroll={onScroll}>
        <div class="content" ref={content}>
          {more
            ? extras && <extras.Earlier />
            : items[0]?.author.party === 'bot' || (
                <p class="greeting" dir="auto">
                  {host.settings.greeting || strings.greeting}
                </p>
              )}
          <div role="log" aria-live={open && start && start === calm ? 'polite' : 'off'}>
            {rows}
          </div>
          {children(waiting, late)}
          <div class="typing" role="status">
            {typing && extras && <extras.Typing authors={state.typing} />}
          </div>
        </div>
      </div>
      {!atEnd && extras && <extras.Jump below={session.unread} onClick={toEnd} />}
    </div>
  );
}

function Day({ at }: { readonly at: number }): VNode {
  const { strings, session } = useChat();
  const now = Date.now() + session.state.ahead;
  const date = new Date(at);
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  const day = dayOf(now);
  const word = dayOf(at) === day
    ? strings.today
    : dayOf(new Date(at).setDate(date.getDate() + 1)) === day
      ? strings.yesterday
      : date.toLocaleDateString(strings.tag, { day: 'numeric', month: 'long', ...(!sameYear && { year: 'numeric' }) });
  return (
    <div class="day">
      <span>{word}</span>
    </div>
  );
}

/** How far below the upper edge of what scrolls the lower one of a message is; 0 if there is none. */
const edge = (view?: Element | null, e?: Element | null): number => (view && e?.isConnected ? e.getBoundingClientRect().bottom - view.getBoundingClientRect().top : 0);

const dayOf = (at: number): string => new Date(at).toDateString();

function continues(before: Item, item: Item): boolean {
  return (
    before.author.party === item.author.party && before.author.id === item.author.id && item.at - before.at < together
  );
}
