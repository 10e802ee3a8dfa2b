import { Fragment, h } from 'preact';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Rare } from '../../i18n/strings';
import { Icon } from '../ui/icons';
import { sentence, useChat } from '../ui/context';
import { useLazy } from '../ui/lazy';
import { hopeless } from '../extras/hopeless';
import { size } from '../extras/size';
import { Stay, useStay } from '../extras/stay';
import type { Item } from '../ui/view';
import { Thumb } from './Thumb';
import type { Lost, Pending, Uploads } from './uploads';

export interface Waiting {
  /** The messages that wait, with how they are drawn. */
  readonly waiting: readonly Item[];
  readonly rows: readonly VNode[];
}

interface Props extends Waiting {
  readonly uploads: Uploads;
  /** What is not on its way yet. */
  readonly children?: ComponentChildren;
}

/** The files on their way, as messages of the visitor that are not there yet, among those that wait for them. */
export function UploadList({ uploads, waiting, rows, children }: Props): VNode {
  const [list, set] = useState(uploads.list);
  const rare = useLazy(useChat().rare, true);
  useEffect(() => {
    const look = (): void => set(uploads.list);
    // What happened between the drawing and now would be missed.
    look();
    return uploads.subscribe(look);
  }, [uploads]);
  // The window goes with its session, and what is on its way in that one ends.
  useEffect(() => () => uploads.end(), [uploads]);
  if (!rare) return <>{rows}</>;
  const all = [
    ...list.map((p) => ({ at: p.place.at, row: <Row key={p.cid} pending={p} uploads={uploads} rare={rare} /> })),
    ...waiting.map(({ at }, i) => ({ at, row: rows[i] })),
  ];
  return (
    <>
      {uploads.lost.map((lost) => (
        <Missing key={lost.key} lost={lost} uploads={uploads} rare={rare} />
      ))}
      {all.toSorted((a, b) => a.at - b.at).map(({ row }) => row)}
      {children}
    </>
  );
}

/** A file that went with the tab's last page. */
function Missing({ lost, uploads, rare }: { readonly lost: Lost; readonly uploads: Uploads; readonly rare: Rare }): VNode {
  useStay();
  return (
    <div class="failed" role="alert">
      <span>
        {rare.uploadFailed(lost.name)} {rare.chooseAgain}
      </span>
      <button type="button" aria-label={`${rare.discard}: ${lost.name}`} onClick={() => uploads.forget(lost)}>
        {rare.discard}
      </button>
    </div>
  );
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
  useStay();
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
            <Thumb file={file} />
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
          {state === 'failed' && <Stay />}
        </div>
      </div>
    </div>
  );
}
