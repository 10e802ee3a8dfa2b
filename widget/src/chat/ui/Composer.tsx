import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { trimmed } from '../blank';
import type { State } from '../state';
import { ofTab } from '../storage';
import { adopt, composing, touch, useChat, useExtras } from './context';
import { Icon } from './icons';
import { Lazy, useLazy } from './lazy';
import type { Item } from './view';

/** What the composer does with its text when it is not a new message; see extras/about.ts. */
export interface About {
  readonly item: Item;
  /** What its button is called where the words are those of the message, to be changed. */
  readonly save?: string;
  send(text: string): void;
}

/** Takes chosen files; with a field, its visitor is first asked where from. */
export type OnFiles = (files: Iterable<File>, field?: HTMLInputElement | null | void) => void;

interface Props {
  readonly state: State;
  readonly about: About | undefined;
  readonly onFiles: OnFiles;
}

type PickerChunk = typeof import('../emoji/Picker');

/** The visitor is told of the limit when fewer characters than this are left. */
const counterAt = 60;
/** The limit until the gateway has told the site's. */
const usualLimit = 512;
/** How often typing is repeated while it lasts, and how soon it ends without a key, in milliseconds. */
const typing = { repeat: 4000, end: 6000 };

/** Where the visitor writes: text, emoji and files. */
export function Composer({ state, about, onFiles }: Props): VNode {
  const chat = useChat();
  const { host, session, strings, notify, compose } = chat;
  const { site } = host.settings;
  const [draft, setDraft] = useState(() => ofTab(site, 'draft'));
  const [edited, setEdited] = useState('');
  const [picker, setPicker] = useState<PickerChunk | undefined>();
  const area = useRef<HTMLTextAreaElement>(null);
  const files = useRef<HTMLInputElement>(null);
  const beat = useTyping();
  const mic = useMemo(
    () =>
      new Lazy(async () => {
        const { begin } = await import('../voice/mic');
        return begin(chat);
      }),
    [chat],
  );
  const voice = useLazy(mic, state.site?.voice);
  const save = about?.save;
  // What is half-written stays as it is while another message is edited.
  const [text, setText] = save ? [edited, setEdited] : [draft, setDraft];
  const limit = state.site?.max_length ?? usualLimit;
  const takesFiles = state.site?.max_file_size !== 0;
  const said = trimmed(text);
  const left = limit - [...said].length;
  const extras = useExtras(about || left <= counterAt);

  useLayoutEffect(() => {
    if (!about) return;
    setEdited(about.item.text);
    area.current?.focus();
  }, [about]);

  // On a page that was kept for the way back: what stood here was sent, or went on, on another.
  useLayoutEffect(() => addEventListener('pageshow', ({ persisted }) => persisted && setDraft(ofTab(site, 'draft')), session.life), [site, session]);

  // At once: whoever destroys the chat, or leaves, may do it before the next picture.
  useLayoutEffect(() => void ofTab(site, 'draft', draft), [site, draft]);

  useLayoutEffect(() => {
    const a = area.current;
    if (!a) return;
    a.style.height = '';
    // An empty one has its height by itself, and is not measured; a window that is not open yet has no sizes.
    if (text && a.scrollHeight) a.style.height = `${a.scrollHeight}px`;
  }, [text]);

  const send = (): void => {
    // The sentence below the text says what is wrong with one that is too long.
    if (!said || left < 0) return;
    if (about) about.send(said);
    else session.send({ t: 'message', text: said });
    setText('');
    beat(false);
    compose();
    area.current?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    if (composing(event)) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape' && (about || picker)) {
      event.stopPropagation();
      event.preventDefault();
      if (picker) setPicker(undefined);
      else compose();
    }
  };

  const openPicker = async (): Promise<void> => {
    const chunk = await import('../emoji/Picker');
    adopt(host.root, chunk.css);
    setPicker(chunk);
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {about && extras && <extras.Banner about={about} onLost={() => setDraft(`${draft}\n${text}`.trim())} />}
      {picker && (
        <picker.Picker
          into={area}
          onPick={setText}
          onClose={() => {
            setPicker(undefined);
            area.current?.focus();
          }}
        />
      )}
      <div class="row">
        {takesFiles && (
          <>
            <button
              type="button"
              class="plain"
              aria-label={strings.attach}
              onClick={() => {
                // What files need is fetched while the visitor chooses; on a phone it asks where from, and elsewhere says what may go.
                if (!touch.matches) files.current?.click();
                onFiles([], files.current);
              }}
            >
              <Icon name="clip" />
            </button>
            <input
              type="file"
              multiple
              hidden
              ref={files}
              accept={state.site?.file_types?.join(',') ?? ''}
              onChange={(event) => {
                onFiles([...(event.currentTarget.files ?? [])]);
                event.currentTarget.value = '';
              }}
              onCancel={() => onFiles([])}
            />
          </>
        )}
        <textarea
          ref={area}
          rows={1}
          dir={text ? 'auto' : undefined}
          aria-label={strings.message}
          aria-invalid={left < 0}
          placeholder={strings.placeholder}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            beat(!!event.currentTarget.value);
          }}
          onKeyDown={onKeyDown}
          onBlur={() => beat(false)}
          onPaste={(event) => {
            const pasted = event.clipboardData?.files;
            const words = event.clipboardData?.getData('text') ?? '';
            // Office programs put a picture of the words beside them, file managers the names of the files.
            const wordsMeant = words && !words.includes(pasted?.[0]?.name ?? '') && !words.startsWith('file:');
            if (!pasted?.length || wordsMeant || !takesFiles) return;
            event.preventDefault();
            onFiles(pasted);
          }}
        />
        <button
          type="button"
          class="plain"
          aria-label={strings.emoji}
          aria-expanded={!!picker}
          onClick={() => (picker ? setPicker(undefined) : void openPicker().catch(() => notify(strings.trouble)))}
        >
          <Icon name="smile" />
        </button>
        {voice && <voice.Mic busy={!!said} onFiles={onFiles} />}
        <button type="submit" class={said ? 'send' : 'send empty'} aria-label={save ?? strings.send}>
          <Icon name={save ? 'sent' : 'send'} />
        </button>
      </div>
      <div class={`counter ${left < 0 ? 'over' : ''}`} role="status">
        {left <= counterAt && (!extras ? left : left < 0 ? extras.rare.tooLong(-left, limit) : extras.rare.left(left))}
      </div>
    </form>
  );
}

/** Tells the operators that the visitor types: called at each key, and with false at the end. */
function useTyping(): (on: boolean) => void {
  const { session } = useChat();
  const said = useRef({ at: 0 });
  const beat = (on: boolean): void => {
    const now = said.current;
    clearTimeout(session.typed);
    if (on) session.typed = setTimeout(beat, typing.end, false);
    const at = on ? Date.now() : 0;
    // Of who does not type it is told once, of who goes on now and then.
    if (on ? at - now.at < typing.repeat : !now.at) return;
    now.at = at;
    session.say({ t: 'typing', on });
  };
  return beat;
}
