import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { WireFile } from '../entry';
import type { FileAnswer } from '../wire';
import { adopt, useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import { Lazy, useLazy } from '../ui/lazy';
import { filePath } from './icons';
import { size } from './size';
import { useRare } from './words';

/** Signed URLs are good for an hour from when they come; older ones are renewed before use, in milliseconds. */
const staleAfter = 45 * 60_000;
/** The largest picture in the window, in CSS pixels; a narrower bubble makes it smaller. */
const box = { width: 300, height: 300 };

/** Plays voice messages, whose waveform shows where something is said. */
const player = new Lazy(async () => {
  const { host, strings } = useChat();
  const [{ Player, css }, words] = await Promise.all([import('../voice/Player'), strings.voice()]);
  adopt(host.root, css);
  return { Player, words };
});

/** A file of a message: pictures shown, sound and video with the browser's controls, others listed. */
export function FileView({ file }: { readonly file: WireFile }): VNode {
  const rare = useRare();
  const { host, session, strings } = useChat();
  const [url, setURL] = useState(file.url && new URL(file.url, host.base).href);
  const [state, setState] = useState<'shown' | 'asking' | 'broken' | 'listed'>('shown');
  const since = useRef(file.came ?? Date.now());
  const renewed = useRef(false);

  const voice = useLazy(player, file.kind === 'voice');

  const renew = async (): Promise<string> => {
    const { ask: askFor } = await import('../asked');
    const answer = await askFor<FileAnswer>(session, { t: 'file', file: file.id });
    const fresh = new URL(answer.url, host.base).href;
    since.current = Date.now();
    setURL(fresh);
    setState('shown');
    return fresh;
  };
  // A URL that fails has most likely expired; the failure of a new one is the file's,
  // of a kind that this browser cannot show: it is listed, to be downloaded.
  const failed = (): void => {
    if (renewed.current && Date.now() - since.current < staleAfter) setState('listed');
    else ask();
  };
  // Meanwhile the browser's own sign of a broken picture is not on the screen.
  const ask = (): void => {
    renewed.current = true;
    setState('asking');
    renew().catch(() => setState('broken'));
  };
  const follow = (event: Event): void => {
    if (Date.now() - since.current < staleAfter) return;
    event.preventDefault();
    renew()
      .then((fresh) => open(fresh, '_blank', 'noopener,noreferrer'))
      .catch(() => setState('broken'));
  };

  const alt = file.name || rare.image;
  const fit = fitted(file);
  const media = { src: url, controls: true, onError: failed, title: alt };
  const picture = file.kind === 'image' || file.kind === 'sticker';
  if (picture && (state === 'asking' || state === 'broken')) {
    return (
      <div class="gone" {...(fit.width && { style: { width: `${fit.width}px` } })}>
        {state === 'broken' && (
          <>
            <span>{rare.imageGone}</span>
            <button type="button" onClick={ask}>
              {rare.reload}
            </button>
          </>
        )}
      </div>
    );
  }
  if (state === 'broken') return <p>{rare.fileGone}</p>;
  switch (state === 'listed' ? '' : url && file.kind) {
    case 'image':
    case 'sticker':
      return (
        <a class={`picture ${file.kind}`} href={url} target="_blank" rel="noopener noreferrer" onClick={follow}>
          <img src={url} alt={alt} {...fit} referrerpolicy="no-referrer" onError={failed} />
        </a>
      );
    case 'video':
      return <video class="picture" preload="metadata" {...fit} {...media} />;
    case 'voice':
      if (voice) return <voice.Player src={url} words={voice.words} waveform={file.waveform} duration={file.duration} label={rare.voice} onError={failed} />;
      // Until the player is there, and where it does not come.
      return <audio preload="none" aria-label={rare.voice} {...media} />;
    case 'audio':
      return (
        <>
          <span class="caption">{alt}</span>
          <audio preload="metadata" aria-label={alt} {...media} />
        </>
      );
    default:
      return (
        <a
          class="file"
          {...(url && { href: url })}
          target="_blank"
          rel="noopener noreferrer"
          download={file.name}
          onClick={follow}
        >
          <Icon path={filePath} />
          <span>
            <span class="sr">{rare.download}</span>
            <b dir="auto">{file.name}</b>
            <small>{size(file.size, rare, strings.tag)}</small>
          </span>
        </a>
      );
  }
}

/** The room that the picture will take, reserved before it comes. */
function fitted({ width, height }: WireFile): { width?: number; height?: number } {
  if (!width || !height) return {};
  const scale = Math.min(1, box.width / width, box.height / height);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
