import { h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { useNow, usePanel, useSource } from '../context';
import type { Contact } from '../forms';
import { useRoute } from '../route';
import { useAct } from '../ui/act';
import { Icon } from '../ui/Icon';
import { Problem } from '../ui/Problem';
import { Editable } from './Editable';

interface Props {
  readonly contact: Contact;
  /** The way back to the list, where there is one. */
  readonly onBack?: () => void;
}

/** Who it is, whether they are there, and how the dialog stands. */
export function Head({ contact, onBack }: Props): VNode {
  const { api, contacts, formats, strings } = usePanel();
  const { card: words } = strings;
  const now = useNow(15_000);
  const typing = useSource(contacts, () => contacts.typing(contact.id));
  const { moved } = useRoute();
  const title = useRef<HTMLHeadingElement>(null);
  const back = useRef<HTMLButtonElement>(null);
  // Chosen from the list, the card is where the person goes on; where both are seen, the list keeps the focus.
  useLayoutEffect(() => {
    if (moved && back.current?.offsetParent) title.current?.focus();
  }, [moved]);
  const { dialog } = contact;
  return (
    <header class="head">
      <div class="head-top">
        {onBack && (
          <button ref={back} type="button" class="btn plain round to-list" aria-label={strings.back} onClick={onBack}>
            <Icon name="back" />
          </button>
        )}
        <div class="head-name">
          <Editable draft={`${contact.id}/name`} label={words.name} value={contact.name} maxLength={100} needed save={(key, name) => contacts.after(contact.id, api.change(contact.id, { name }, { key }))}>
            <h1 ref={title} tabIndex={-1} dir="auto">
              {contact.name} <span class="number">#{contact.number}</span>
            </h1>
          </Editable>
        </div>
      </div>
      <p class="presence">
        <span class={`dot${contact.online ? ' on' : ''}`} aria-hidden="true" />
        <span>
          {contact.online ? words.online : words.offline}
          {typing ? <em class="typing"> · {words.typing}</em> : !contact.online && <span title={formats.full(contact.seen_at)}> · {words.lastSeen(formats.ago(contact.seen_at, now))}</span>}
        </span>
      </p>
      <ul class="marks">
        <li class={`mark ${dialog.status}`}>{words.status[dialog.status]}</li>
        {dialog.blocked && <li class="mark bad">{words.blocked}</li>}
        {dialog.status === 'open' && dialog.waiting_since && (
          <li class="mark warn" title={formats.full(dialog.waiting_since)}>{words.waiting(formats.span(now - Date.parse(dialog.waiting_since)))}</li>
        )}
        {dialog.unread ? <li class="mark">{words.unread(dialog.unread)}</li> : null}
        {dialog.rating && <li class="mark">{words.rating(dialog.rating.score, dialog.rating.of)}</li>}
        {dialog.answer && (
          <li class={`mark answer ${dialog.answer}`}>
            <Icon name={dialog.answer} />
            <span class="sr">{words.lastAnswer}: </span>
            {words.answer[dialog.answer]}
          </li>
        )}
      </ul>
      <div class="head-acts">
        <a class="btn" href={contact.room} target="_blank" rel="noopener noreferrer">
          {words.openRoom}
          <Icon name="out" />
          <span class="sr"> ({strings.newTab})</span>
        </a>
        <Status contact={contact} />
      </div>
    </header>
  );
}

/** Closes the dialog, or opens it again. */
function Status({ contact }: { readonly contact: Contact }): VNode | null {
  const { api, contacts, say, strings: { card: words } } = usePanel();
  const open = contact.dialog.status === 'open';
  const act = useAct((key, status: 'open' | 'closed') => contacts.after(contact.id, api.changeDialog(contact.id, { status }, { key })), open);
  if (contact.dialog.status === 'new') return null;
  const turn = async (): Promise<void> => {
    if (await act.go(open ? 'closed' : 'open')) say(open ? words.said.closed : words.said.opened);
  };
  return (
    <div>
      <button type="button" class={`btn${open ? ' primary' : ''}`} aria-disabled={act.busy} onClick={() => void turn()}>{open ? words.closeDialog : words.reopen}</button>
      <Problem problem={act.problem} />
    </div>
  );
}
