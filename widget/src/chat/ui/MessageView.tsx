import { h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { variantOf } from '../variant';
import { Avatar, useName } from './Avatar';
import { Body } from './Body';
import { clock } from './clock';
import { useChat, useExtras } from './context';
import { Icon } from './icons';
import type { Item } from './view';

interface Props {
  readonly item: Item;
  /** The message that this one answers, if it is here. */
  readonly quoted: Item | undefined;
  /** True if it goes on what its author wrote just before. */
  readonly grouped: boolean;
}

/** One message with its author, quote, content, state, reactions and menu. */
export function MessageView({ item, quoted, grouped }: Props): VNode {
  const { strings } = useChat();
  const name = useName()(item.author);
  const { id, own, removed } = item;
  const bare = item.file?.kind === 'sticker' || (/^\p{Extended_Pictographic}\uFE0F?$/u.test(item.text) && !item.replyTo);

  const [menu, setMenu] = useState(false);
  const special = item.replyTo || item.file || item.location || item.offer || item.ai || item.original || item.reacted;
  const extras = useExtras(menu || item.code || special || bare || removed);

  return (
    // What is not said yet is not read out either.
    <article class={`message ${own ? 'own' : 'them'} ${grouped ? 'grouped' : ''}`} id={id && `m-${id}`} aria-hidden={item.reply && true}>
      {!own && (grouped ? <span class="avatar none" /> : <Avatar author={item.author} />)}
      <div class="column">
        <span class={own || grouped ? 'sr' : 'name'} dir="auto">
          {name}
        </span>
        <div class="line">
          <div class={`bubble ${removed ? 'removed' : bare ? 'bare' : ''}`}>
            {extras ? <extras.Above item={item} quoted={quoted} /> : !removed && item.file?.name}
            {!removed && item.text && <Body item={item} prefix={item.emote && `* ${name} `} />}
            <Meta item={item} />
          </div>
          {id && !removed && (
            <div class={`actions ${menu ? 'open' : ''}`} aria-live="off">
              <button
                type="button"
                class="plain"
                aria-label={strings.actions}
                aria-haspopup="menu"
                aria-expanded={menu}
                onClick={() => setMenu(!menu)}
              >
                <Icon name="dots" />
              </button>
              {menu && extras && (
                <extras.Menu item={item} onClose={() => setMenu(false)} />
              )}
            </div>
          )}
        </div>
        {extras && <extras.Below item={item} />}
      </div>
    </article>
  );
}

function Meta({ item }: { readonly item: Item }): VNode {
  const { strings } = useChat();
  const { status, at, edited, removed } = item;
  const when = new Date(at);
  return (
    <span class="meta">
      {edited && !removed && <span>{strings.edited}</span>}
      <time dateTime={when.toISOString()} title={when.toLocaleString(variantOf(strings.tag))}>
        {clock(strings).format(at)}
      </time>
      {status && (
        <span class="state" aria-live="off" title={strings[status]}>
          <Icon name={status} />
          <span class="sr">{strings[status]}</span>
        </span>
      )}
    </span>
  );
}
