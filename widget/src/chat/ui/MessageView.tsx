import type { VNode } from 'preact';
import { emojiKey } from '../timeline';
import { Avatar, useName } from './Avatar';
import { Body } from './Body';
import { useChat } from './context';
import { FileView } from './FileView';
import { Icon } from './icons';
import { Menu } from './Menu';
import type { Action } from './Menu';
import type { Item, ReactionCount } from './view';

interface Props {
  readonly item: Item;
  /** The message that this one answers, if it is here. */
  readonly quoted: Item | undefined;
  /** True if it goes on what its author wrote just before. */
  readonly grouped: boolean;
  readonly onReply: (item: Item) => void;
  readonly onEdit: (item: Item) => void;
  readonly onJump: (id: string) => void;
}

/** One message with its author, quote, content, state, reactions and menu. */
export function MessageView({ item, quoted, grouped, onReply, onEdit, onJump }: Props): VNode {
  const { strings, session } = useChat();
  const nameOf = useName();
  const name = nameOf(item.author);
  const { id, own, removed } = item;
  const bare = item.file?.kind === 'sticker' || (/^\p{Extended_Pictographic}\uFE0F?$/u.test(item.text) && !item.replyTo);

  const react = (key: string): void => {
    if (!id) return;
    const mine = item.reactions.find((r) => r.own && emojiKey(r.key) === emojiKey(key));
    if (!mine) session.send({ t: 'reaction', target: id, key });
    else if (mine.own && mine.own !== 'pending') session.send({ t: 'redact', target: mine.own });
  };
  const actions: Action[] = [{ label: strings.reply, run: () => onReply(item) }];
  if (own && id && !item.file) actions.push({ label: strings.edit, run: () => onEdit(item) });
  if (own && id) actions.push({ label: strings.remove, run: () => session.send({ t: 'redact', target: id }), danger: true });

  return (
    <article class={`message ${own ? 'own' : 'them'} ${grouped ? 'grouped' : ''}`} id={id ? `m-${id}` : undefined}>
      {!own && (grouped ? <span class="avatar none" /> : <Avatar author={item.author} name={name} />)}
      <div class="column">
        {own || grouped ? <span class="sr">{name}</span> : <span class="name" dir="auto">{name}</span>}
        <div class="line">
          <div class={`bubble ${bare && !removed ? 'bare' : ''}`}>
            {removed ? <em class="removed">{strings.removed}</em> : (
              <>
                {item.replyTo && <Quote quoted={quoted} onJump={onJump} />}
                {item.file && <FileView file={item.file} />}
                {item.location && <Place {...item.location} />}
                {item.text && <Body text={item.emote ? `* ${name} ${item.text}` : item.text} html={item.html} own={own} />}
              </>
            )}
            <Meta item={item} />
          </div>
          {id && !removed && <Menu actions={actions} react={react} />}
        </div>
        {item.reactions.length > 0 && (
          <div class="reactions">
            {item.reactions.map((r) => (
              <Reaction key={emojiKey(r.key)} reaction={r} onToggle={() => react(r.key)} />
            ))}
          </div>
        )}
        {item.status === 'failed' && item.cid && <Failed item={item} cid={item.cid} />}
      </div>
    </article>
  );
}

function Quote({ quoted, onJump }: { readonly quoted: Item | undefined; readonly onJump: (id: string) => void }): VNode {
  const { strings } = useChat();
  const nameOf = useName();
  if (!quoted?.id) return <span class="quote">…</span>;
  const { id, author, text, file, removed } = quoted;
  return (
    <button type="button" class="quote" title={strings.original} onClick={() => onJump(id)}>
      <b>{nameOf(author)}</b>
      <span dir="auto">{removed ? strings.removed : text || file?.name}</span>
    </button>
  );
}

function Place({ latitude, longitude }: { readonly latitude: number; readonly longitude: number }): VNode {
  const { strings } = useChat();
  const at = `${latitude}/${longitude}`;
  return (
    <a
      class="file"
      href={`https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${at}`}
      target="_blank"
      rel="noopener noreferrer nofollow"
    >
      <Icon name="pin" />
      <span>
        <b>{strings.place}</b>
        <small>
          {latitude.toFixed(4)}, {longitude.toFixed(4)}
        </small>
      </span>
    </a>
  );
}

function Meta({ item }: { readonly item: Item }): VNode {
  const { strings } = useChat();
  const { status, at, edited, removed } = item;
  const when = new Date(at);
  const word = status && { sending: strings.sending, sent: strings.sent, seen: strings.seen, failed: strings.notSent }[status];
  const icon = status && ({ sending: 'clock', sent: 'check', seen: 'checks', failed: 'alert' } as const)[status];
  return (
    <span class="meta">
      {edited && !removed && <span>{strings.edited}</span>}
      <time dateTime={when.toISOString()} title={when.toLocaleString(strings.tag)}>
        {when.toLocaleTimeString(strings.tag, { hour: '2-digit', minute: '2-digit' })}
      </time>
      {icon && (
        <span class={`state ${status}`} title={word}>
          <Icon name={icon} />
          <span class="sr">{word}</span>
        </span>
      )}
    </span>
  );
}

function Reaction({ reaction, onToggle }: { readonly reaction: ReactionCount; readonly onToggle: () => void }): VNode {
  const { strings } = useChat();
  const { key, count, own } = reaction;
  return (
    <button type="button" aria-pressed={!!own} aria-label={strings.reaction(key, count, !!own)} onClick={onToggle}>
      {key}
      {count > 1 && <span>{count}</span>}
    </button>
  );
}

function Failed({ item, cid }: { readonly item: Item; readonly cid: string }): VNode {
  const { strings, session } = useChat();
  return (
    <div class="failed" role="alert">
      <span>{strings.errors[item.code ?? 'unknown']}</span>
      <button type="button" onClick={() => session.retry(cid)}>
        {strings.retry}
      </button>
      <button type="button" onClick={() => session.discard(cid)}>
        {strings.discard}
      </button>
    </div>
  );
}
