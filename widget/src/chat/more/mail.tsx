import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { ask } from '../identity';
import { randomID } from '../storage';
import type { Chat } from '../ui/context';

interface Props {
  /** The conversation is to be sent, or what is not read from now on. */
  readonly what: 'transcript' | 'answers';
  readonly chat: Chat;
  readonly rare: Rare;
  /** Says what became of it; with nothing the visitor has changed its mind. */
  readonly onDone: (sentence?: string) => void;
  readonly onFault: (error: unknown) => void;
}

interface MailsAre {
  readonly known?: string;
  readonly answers: boolean;
}

/** Asks where mails are to go. The address that is known is shown in part, and taken where no other is written. */
export function MailForm({ what, chat, rare: { menu, cancel, flow, offer }, onDone, onFault }: Props): VNode {
  const { host, session } = chat;
  const field = useRef<HTMLInputElement>(null);
  const [are, setAre] = useState<MailsAre | undefined>();
  const [wrong, setWrong] = useState('');
  // One for what this form wants, however often it is said.
  const [cid] = useState(() => randomID(12));
  const say = async (wish: { cid?: string; transcript?: true; answers?: boolean; to?: string }): Promise<MailsAre> => {
    const response = await ask(host, 'mails', { secret: session.secret ?? '', ...wish });
    return (await response.json()) as MailsAre;
  };
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    say({}).then(setAre, onFault);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once, when the form opens
  }, []);
  const send = (on: boolean): void => {
    const to = field.current?.value.trim() ?? '';
    // In the chat's language, which the browser's own words for it may not be in.
    const { valueMissing, valid } = field.current?.validity ?? { valid: true };
    if (on && !valid) {
      setWrong(valueMissing ? flow.missing : offer.noEmail);
      field.current?.focus();
      return;
    }
    const wish = what === 'transcript' ? { transcript: true as const } : { answers: on };
    say({ cid, ...wish, ...(on && to && { to }) }).then(
      (now) => onDone(!on ? menu.stopped : what === 'transcript' ? menu.sent(to || (now.known ?? '')) : menu.answersTo(to || (now.known ?? ''))),
      onFault,
    );
  };
  const known = are?.known;
  return (
    <form
      class="more mail"
      aria-label={menu[what]}
      noValidate
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onDone();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        send(true);
      }}
    >
      <b>{menu[what]}</b>
      <label>
        {menu.address}
        <input
          ref={field}
          type="email"
          autocomplete="email"
          required={!known}
          placeholder={known}
          maxLength={254}
          dir="ltr"
          aria-invalid={!!wrong}
          aria-describedby="mail-fault"
          onInput={() => setWrong('')}
        />
      </label>
      <div class="fault" id="mail-fault" role="status">
        {wrong}
      </div>
      <p>{menu.notes[what]}</p>
      <div>
        <button type="submit" class="go">
          {menu.send[what]}
        </button>
        {what === 'answers' && are?.answers && (
          <button type="button" onClick={() => send(false)}>
            {menu.stop}
          </button>
        )}
        <button type="button" onClick={() => onDone()}>
          {cancel}
        </button>
      </div>
    </form>
  );
}
