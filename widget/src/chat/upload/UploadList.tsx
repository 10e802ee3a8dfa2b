import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Strings } from '../../i18n/strings';
import { Icon } from '../ui/icons';
import { size } from '../ui/size';
import type { Code, Site } from '../wire';
import { Uploads } from './uploads';
import type { Pending } from './uploads';

export { Uploads };

/** Why a file cannot be sent, in a sentence; undefined if it can. */
export function refusal(file: File, site: Site | undefined, strings: Strings): string | undefined {
  if (!site) return undefined;
  if (file.size > site.max_file_size) return strings.fileTooLarge(file.name, size(site.max_file_size, strings));
  const types = site.file_types ?? [];
  // The gateway looks at the content; a browser that does not know the type is not the judge.
  const fits = types.some((t) => t === file.type || (t.endsWith('/*') && file.type.startsWith(t.slice(0, -1))));
  return types.length > 0 && file.type && !fits ? strings.fileType(file.name) : undefined;
}

/** The files on their way, as messages of the visitor that are not there yet. */
export function UploadList({ uploads, strings }: { readonly uploads: Uploads; readonly strings: Strings }): VNode {
  const [list, set] = useState(uploads.list);
  useEffect(() => uploads.subscribe(() => set(uploads.list)), [uploads]);
  return (
    <>
      {list.map((pending) => (
        <Row key={pending.key} pending={pending} uploads={uploads} strings={strings} />
      ))}
    </>
  );
}

function Row({ pending, uploads, strings }: { readonly pending: Pending; readonly uploads: Uploads; readonly strings: Strings }): VNode {
  const { file, progress, state, code } = pending;
  const percent = Math.round(progress * 100);
  const word =
    state === 'failed'
      ? `${strings.uploadFailed} ${strings.errors[code as Code] ?? ''}`
      : state === 'waiting'
        ? strings.waiting
        : strings.uploading(percent);
  return (
    <div class="message own">
      <div class="column">
        <div class="bubble upload">
          <span class="file">
            <Icon name="file" />
            <span>
              <b dir="auto">{file.name}</b>
              <small>{size(file.size, strings)}</small>
            </span>
            <button type="button" class="plain" aria-label={`${strings.cancel}: ${file.name}`} onClick={() => uploads.cancel(pending)}>
              <Icon name="close" />
            </button>
          </span>
          {state === 'sending' && <progress value={progress} aria-label={word} />}
        </div>
        <div class={state === 'failed' ? 'failed' : 'meta'} role={state === 'failed' ? 'alert' : undefined}>
          <span>{word}</span>
          {state === 'failed' && (
            <button type="button" onClick={() => uploads.retry(pending)}>
              {strings.retry}
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
