import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Strings } from '../../i18n/strings';
import type { Host } from '../../loader/host';
import { isOver } from '../connection';
import type { Session } from '../session';
import type { Chosen } from '../upload/uploads';
import { ofTab } from '../storage';
import { Composer } from './Composer';
import type { About, OnFiles } from './Composer';
import { makeClock } from './clock';
import { adopt, composing, provide, sentence, touch, useChat, useExtras, useSession } from './context';
import { Header } from './Header';
import { Icon } from './icons';
import { Lazy, useLazy } from './lazy';
import { Log } from './Log';
import { StatusBar } from './StatusBar';
import { items as itemsOf } from './view';

interface Props {
  readonly host: Host;
  readonly session: Session;
  readonly strings: Strings;
  readonly open: boolean;
  /** Opened by itself: the focus stays where it is. */
  readonly quiet: boolean | undefined;
}

/** How long a notice stays, in milliseconds. */
const noticeStays = 8000;
/** Phones, on either side; chat.css has the same. */
const small = matchMedia('(max-width: 480px), (max-height: 480px)');
/** Who wants other contrasts than the site's; extras/contrast.css has how it looks then. */
const contrast = matchMedia('(forced-colors), (prefers-contrast)');

/** The whole window. */
export function App({ host, session, strings, open, quiet }: Props): VNode {
  const state = useSession(session);
  const [about, setAbout] = useState<About | undefined>();
  const [notice, setNotice] = useState('');
  // What the last page did not get to send is told by the parts for files.
  const [filesUsed, setFilesUsed] = useState(!!ofTab(host.settings.site, 'files'));
  const chosen = useRef<Chosen[]>([]);
  const [dragging, setDragging] = useState(false);
  const title = host.settings.title || strings.title;
  const { timeline, outbox, seen, refused, writing } = state;
  const online = state.connection.phase === 'online';
  const ended = isOver(state.connection);
  const items = useMemo(() => itemsOf(timeline, outbox, seen, ended, writing), [timeline, outbox, seen, ended, writing]);
  const chat = useMemo(
    () => {
      const rare = new Lazy(strings.rare);
      return provide({
        host,
        session,
        strings,
        rare,
        extras: new Lazy(async () => {
          const [parts, words] = await Promise.all([import('../extras/extras'), rare.get()]);
          adopt(host.root, parts.css);
          return { ...parts, rare: words };
        }),
        notify: setNotice,
        compose: setAbout,
      });
    },
    [host, session, strings],
  );
  const uploadsLazy = useMemo(
    () =>
      new Lazy(async () => {
        const { begin } = await import('../upload/files');
        return begin(chat);
      }),
    [chat],
  );
  const uploads = useLazy(uploadsLazy, filesUsed);
  const dialog = useWindow(host, open, quiet);
  const extras = useExtras(contrast.matches || items.some((i) => i.offer) || state.site?.away || host.gate || state.flow || host.settings.beside);

  // These two, with every drawing: what is done is not done again.
  useEffect(() => {
    if (host.settings.opened && open && !quiet && online) session.opened();
  });
  useEffect(() => {
    // A link that is refused for good says so in the bar, not here.
    if (!refused || !online) return;
    session.dismiss();
    chat.rare.get().then(
      (rare) => setNotice(sentence(rare, refused)),
      () => setNotice(strings.trouble),
    );
  });
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => setNotice(''), noticeStays);
    return () => clearTimeout(timer);
  }, [notice]);

  const takeFiles = (field?: HTMLInputElement | null | void): void => {
    setFilesUsed(true);
    uploadsLazy.get().then(
      ({ take }) => take(chosen.current.splice(0), field),
      () => {
        if (touch.matches) field?.click();
        if (!chosen.current.length) return;
        // Without a connection they wait for it.
        const lost = online && navigator.onLine;
        setNotice(lost ? strings.trouble : strings.offline);
        if (lost) for (const [, place] of chosen.current.splice(0)) session.free(place);
      },
    );
  };
  // Those that were chosen before their parts could be loaded go with the connection, or with the parts.
  useEffect(() => {
    if ((online || uploads) && chosen.current.length) takeFiles();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- all else that it takes lasts as long as the window
  }, [online, uploads]);
  const onFiles: OnFiles = (files, field) => {
    // Their places are taken now: what is written while the parts load comes after them.
    for (const file of files) chosen.current.push([file, session.take()]);
    takeFiles(field);
  };

  const drag = (event: DragEvent): void => {
    // The page waits for no drop that is not its own, and no file takes its place.
    event.stopPropagation();
    const { dataTransfer, type } = event;
    if (!dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    if (host.gate || ended || state.site?.max_file_size === 0) {
      dataTransfer.dropEffect = 'none';
      return;
    }
    setDragging(/over|enter/.test(type));
    if (type === 'drop') onFiles(dataTransfer.files);
    else setFilesUsed(true);
  };

  return (
      <dialog
        class="window"
        aria-label={title}
        tabIndex={-1}
        ref={dialog}
        onCancel={(event) => {
          // A file dialog that is closed says the same, from its field.
          if (event.target !== dialog.current) return;
          event.preventDefault();
          host.show(false);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && !composing(event)) host.show(false);
        }}
        onDragEnter={drag}
        onDragOver={drag}
        onDragLeave={drag}
        onDrop={drag}
      >
        <Header title={title} items={items} left={state.left} />
        <StatusBar state={state} />
        <Later any={items.length > 0}>
          {(all) => (
            <Log state={state} items={items} early={!all} open={open}>
              {(waiting, rows) => (uploads ? <uploads.List waiting={waiting} rows={rows} /> : rows)}
            </Log>
          )}
        </Later>
        {notice && (
          <div class="notice" role="alert">
            <span>{notice}</span>
            <button type="button" class="plain" aria-label={strings.dismiss} onClick={() => { setNotice(''); dialog.current?.focus(); }}>
              <Icon name="close" />
            </button>
          </div>
        )}
        {extras && <extras.Dock items={items} onFiles={onFiles} />}
        {!ended && !host.gate && (
          <Composer state={state} about={about} onFiles={onFiles} />
        )}
        {dragging && uploads && <uploads.Drop />}
      </dialog>
  );
}

interface LaterProps {
  readonly any: boolean;
  /** Draws what is in it, with the messages or without. */
  readonly children: (all: boolean) => VNode;
}

/**
 * Leaves the room for what is in it, and draws that when the rest is on the screen: a visitor can
 * write before. Before the first messages what formats their times is made, in tasks of its own:
 * the first one of a page has the browser read all that it knows of languages.
 */
function Later({ any, children }: LaterProps): VNode {
  const { strings } = useChat();
  const [drawn, setDrawn] = useState(0);
  useEffect(() => {
    if (drawn > (any ? 1 : 0)) return;
    const timer = setTimeout(async () => {
      if (drawn) await makeClock(strings);
      setDrawn(drawn + 1);
    });
    return () => clearTimeout(timer);
  }, [any, drawn, strings]);
  return drawn ? children(drawn > 1) : <div class="middle" />;
}

/** Opens and closes the dialog element: beside the page on large screens, modal on small ones. */
function useWindow(host: Host, open: boolean, quiet?: boolean): { current: HTMLDialogElement | null } {
  const ref = useRef<HTMLDialogElement>(null);
  const drawn = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    // A window that covers the page does not follow to the next one.
    ofTab(host.settings.site, 'open', open && !small.matches ? '1' : '');
    if (!open) {
      const inside = dialog.contains(host.root.activeElement);
      dialog.close();
      if (inside) host.launcher.focus();
      return;
    }
    // Safari's keyboard does not shrink the page, only the visual viewport.
    const fit = (): void => {
      // Read before anything is written, which would have the page laid out twice.
      const { height = innerHeight, offsetTop = 0, scale = 1 } = visualViewport ?? {};
      // Who enlarges the page with two fingers is to see the window larger, not less of it.
      if (scale > 1) return;
      dialog.style.setProperty('--height', `${height}px`);
      dialog.style.setProperty('--top', `${offsetTop}px`);
    };
    const place = (): undefined => {
      fit();
      if (quiet && !dialog.open) {
        // The methods would move the focus. Should the page turn small later, they are what is needed.
        if (small.matches) void host.show(false);
        else dialog.open = true;
        return;
      }
      const { activeElement } = host.root;
      dialog.close();
      if (small.matches) dialog.showModal();
      else dialog.show();
      // On a touch screen the keyboard would hide half of the messages at once;
      // who writes while the screen is turned goes on.
      const target = touch.matches ? dialog : dialog.querySelector('textarea');
      // It may be out of sight: then no button has the focus that the first word would press.
      dialog.focus();
      (dialog.contains(activeElement) ? (activeElement as HTMLElement) : target)?.focus();
    };
    // What was drawn just now is laid out in a task of its own.
    const timer = drawn.current ? place() : setTimeout(place);
    drawn.current = true;
    const life = new AbortController();
    small.addEventListener('change', place, life);
    for (const type of ['resize', 'scroll']) visualViewport?.addEventListener(type, fit, life);
    return () => {
      clearTimeout(timer);
      life.abort();
    };
  }, [host, open, quiet]);
  return ref;
}
