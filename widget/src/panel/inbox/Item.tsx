import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { usePanel } from '../context';
import type { LastMessage } from '../forms';
import { Icon } from '../ui/Icon';
import { nameOf } from '../ui/names';
import { called, useWords } from './context';
import type { Row } from './row';

interface Props {
  readonly row: Row;
  /** From the top of the list, in CSS pixels. */
  readonly top: number;
  readonly index: number;
  /** How many rows there are, or -1 while nobody knows. */
  readonly size: number;
  readonly now: number;
  readonly me: string;
  /** The one row that the Tab key stops at. */
  readonly active: boolean;
  /** Its card is shown. */
  readonly shown: boolean;
  readonly picked: boolean;
  readonly leaving: boolean;
  readonly onOpen: (id: string) => void;
  readonly onPick: (id: string, on: boolean) => void;
}

/** In seconds: shorter waits are not told apart. */
const minute = 60;
/** How many tags have a place in a row. */
const mostTags = 3;

/** A contact's row. All rows are of one height, whatever is in them. */
export function Item({ row, top, index, size, now, me, active, shown, picked, leaving, onOpen, onPick }: Props): VNode {
  const { formats, strings } = usePanel();
  const { words } = useWords();
  const name = called(row, words);
  const at = row.last_message?.at ?? row.seen_at;
  const tab = active ? 0 : -1;
  return (
    <li class={`item${shown ? ' shown' : ''}${leaving ? ' leaving' : ''}${row.dialog.unread ? ' unread' : ''}`} style={{ top: `${top}px` }} data-id={row.id} aria-setsize={size} aria-posinset={index + 1}>
      <label class="item-pick">
        <input type="checkbox" checked={picked} tabIndex={tab} onChange={(event) => onPick(row.id, event.currentTarget.checked)} />
        <span class="sr">{words.pick(name)}</span>
      </label>
      <a
        class="item-open"
        href={`#contact=${encodeURIComponent(row.id)}`}
        tabIndex={tab}
        aria-current={shown ? 'true' : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return;
          event.preventDefault();
          onOpen(row.id);
        }}
      >
        <span class="item-line">
          {row.online && <span class="here-dot" title={words.online}><span class="sr">{words.online}</span></span>}
          <bdi class="item-name">{name}</bdi>
          {name === row.name && <span class="item-number muted">#{row.number}</span>}
          <time class="item-time muted" dateTime={at} title={formats.full(at)}>{formats.short(at, now)}</time>
        </span>
        <span class="item-line">
          <Excerpt said={row.last_message} />
          <Unread n={row.dialog.unread ?? 0} />
        </span>
        <span class="item-line item-facts"><Facts row={row} me={me} now={now} leaving={leaving} /></span>
      </a>
      {/^https?:\/\//i.test(row.room) && (
        <a class="btn plain round item-room" href={row.room} target="_blank" rel="noopener noreferrer nofollow" tabIndex={tab} title={words.room(name)}>
          <Icon name="out" />
          <span class="sr">{words.room(name)} ({strings.newTab})</span>
        </a>
      )}
    </li>
  );
}

function Excerpt({ said }: { readonly said: LastMessage | null | undefined }): VNode {
  const { words } = useWords();
  if (!said) return <span class="item-said muted">{words.nothingSaid}</span>;
  return (
    <span class="item-said muted">
      {said.party !== 'visitor' && <Fragment>{said.party === 'bot' ? words.botWrote : words.operatorWrote} </Fragment>}
      <bdi>{said.text || (said.file ? words.file : '…')}</bdi>
    </span>
  );
}

function Unread({ n }: { readonly n: number }): VNode | null {
  const { words, figures } = useWords();
  if (!n) return null;
  return (
    <span class="badge">
      <span aria-hidden="true">{n > 99 ? '99+' : figures.number(n)}</span>
      <span class="sr">{figures.plural(n, words.unread)}</span>
    </span>
  );
}

function Facts({ row, me, now, leaving }: Pick<Props, 'row' | 'me' | 'now' | 'leaving'>): VNode {
  const { words, figures } = useWords();
  const { status, waiting_since: since, assignee, blocked } = row.dialog;
  const waited = (now - Date.parse(since ?? '')) / 1000;
  return (
    <Fragment>
      {leaving && <span class="mark bare">{words.left}</span>}
      {status === 'open' && since && (
        <span class="mark wait">
          <Icon name="pending" />
          <span class="sr">{words.waiting('')}</span>
          {waited < minute ? `< ${figures.span(minute)}` : figures.span(waited)}
        </span>
      )}
      {status === 'closed' && <span class="mark bare">{words.closed}</span>}
      {blocked && <span class="mark alarm">{words.blocked}</span>}
      {assignee && <span class="mark owner">{assignee === me ? words.mine : <bdi>{nameOf(assignee)}</bdi>}</span>}
      {row.tags.slice(0, mostTags).map((tag) => <bdi class="mark" key={tag}>{tag}</bdi>)}
      {row.tags.length > mostTags && <span class="mark bare">+{row.tags.length - mostTags}</span>}
    </Fragment>
  );
}
