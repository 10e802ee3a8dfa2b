import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { Icon } from '../ui/icons';
import { filePath } from '../extras/icons';
import { sentence, useChat } from '../ui/context';
import { useLazy } from '../ui/lazy';
import { hopeless } from '../extras/hopeless';
import { size } from '../extras/size';
import type { Item } from '../ui/view';
import type { Site } from '../wire';
import { Uploads } from './uploads';
import type { Chosen, Pending } from './uploads';

export { Uploads };
export { default as css } from './upload.css?inline';

/** Why a file cannot be sent, in a sentence; undefined if it can, empty where no file can and none could be chosen. */
function refusal(file: File, site: Site | undefined, rare: Rare, language: string): string | undefined {
  if (!site) return undefined;
  if (site.max_file_size === 0) return '';
  if (file.size > site.max_file_size) return rare.fileTooLarge(file.name, size(site.max_file_size, rare, language));
  const types = site.file_types ?? [];
  // The gateway looks at the content; a browser that does not know the type is not the judge.
  const fits = types.some((t) => t === file.type || (t.endsWith('/*') && file.type.startsWith(t.slice(0, -1))));
  return types.length > 0 && file.type && !fits ? rare.fileType(file.name) : undefined;
}

/** Takes chosen files for sending, and says why some cannot be sent. */
export function take(uploads: Uploads, chosen: readonly Chosen[]): void {
  const { session, strings, rare, notify } = useChat();
  const refused: string[] = [];
  for (const [file, place] of chosen) {
    const why = rare.value && refusal(file, session.state.site, rare.value, strings.tag);
    if (why === undefined) {
      uploads.add(file, place);
    } else {
      session.free(place);
      if (why) refused.push(why);
    }
  }
  if (refused.length > 0) notify(refused.join('\n'));
}

interface Props {
  readonly uploads: Uploads;
  /** The messages that wait, with how they are drawn. */
  readonly waiting: readonly Item[];
  readonly rows: readonly VNode[];
}

/** The files on their way, as messages of the visitor that are not there yet, among those that wait for them. */
export function UploadList({ uploads, waiting, rows }: Props): VNode {
  const [list, set] = useState(uploads.list);
  const rare = useLazy(useChat().rare, true);
  useEffect(() => {
    const look = (): void => set(uploads.list);
    // What happened between the drawing and now would be missed.
    look();
    return uploads.subscribe(look);
  }, [uploads]);
  if (!rare) return <>{rows}</>;
  const all = [
    ...list.map((p) => ({ at: p.place.at, row: <Row key={p.cid} pending={p} uploads={uploads} rare={rare} /> })),
    ...waiting.map(({ at }, i) => ({ at, row: rows[i] })),
  ];
  return (
    <>
      {uploads.lost.map((name) => (
        <div key={name} class="failed" role="alert">
          <span>
            {rare.uploadFailed(name)} {rare.chooseAgain}
          </span>
          <button type="button" aria-label={`${rare.discard}: ${name}`} onClick={() => uploads.forget(name)}>
            {rare.discard}
          </button>
        </div>
      ))}
      {all.toSorted((a, b) => a.at - b.at).map(({ row }) => row)}
    </>
  );
}

/** Lies over the window while a file is dragged over it. */
export function DropHere(): VNode {
  return <div class="drop">{useLazy(useChat().rare, true)?.drop}</div>;
}

/** Why a file was not sent. */
function reason(name: string, code: string | undefined, rare: Rare): string {
  if (code === 'empty') return rare.fileEmpty(name);
  if (code === 'unreadable') return rare.fileUnreadable(name);
  return `${rare.uploadFailed(name)} ${sentence(rare, code)}`;
}

function Row({ pending, uploads, rare }: { readonly pending: Pending; readonly uploads: Uploads; readonly rare: Rare }): VNode {
  const { strings, session } = useChat();
  const { file, progress, state, code } = pending;
  const { phase } = session.state.connection;
  const word =
    state === 'failed'
      ? reason(file.name, code, rare)
      : state === 'sending'
        ? rare.uploading(Math.round(progress * 100))
        : { online: rare.queued, stopped: rare.uploadFailed(file.name) }[phase as string] ?? rare.waiting;
  return (
    <div class="message own">
      <div class="column">
        <div class="bubble upload">
          <span class="file">
            <Icon path={filePath} />
            <span>
              <b dir="auto">{file.name}</b>
              <small>{size(file.size, rare, strings.tag)}</small>
            </span>
            {state !== 'failed' && (
              <button type="button" class="plain" aria-label={`${rare.cancel}: ${file.name}`} onClick={() => uploads.cancel(pending)}>
                <Icon name="close" />
              </button>
            )}
          </span>
          {state === 'sending' && <progress value={progress} aria-label={word} />}
        </div>
        <div class={state === 'failed' ? 'failed' : 'meta'} role={state === 'failed' ? 'alert' : undefined}>
          <span>{word}</span>
          {state === 'failed' && !hopeless.has(code) && (
            <button type="button" onClick={() => uploads.retry(pending)}>
              {rare.retry}
            </button>
          )}
          {state === 'failed' && (
            <button type="button" aria-label={`${rare.discard}: ${file.name}`} onClick={() => uploads.cancel(pending)}>
              {rare.discard}
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
