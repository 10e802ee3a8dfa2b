import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { adopt, touch } from '../ui/context';
import type { Chat } from '../ui/context';
import type { OnFiles } from '../ui/Composer';
import { Icon } from '../ui/icons';
import { micPath } from './icons';

interface MicProps {
  /** Something is written. */
  readonly busy: boolean;
  readonly onFiles: OnFiles;
}

/** Makes the microphone beside the text field, with its words; what records is loaded with the first press. */
export async function begin({ host, session, strings, notify }: Chat): Promise<{ Mic: (props: MicProps) => VNode }> {
  const words = await strings.voice();
  const Mic = ({ busy, onFiles }: MicProps): VNode => {
    const [chunk, set] = useState<typeof import('./Recorder') | undefined>();
    const open = async (): Promise<void> => {
      // What sends it is fetched while the visitor speaks, so that no network is needed then.
      onFiles([]);
      const [recorder, { css }] = await Promise.all([import('./Recorder'), import('./Player')]);
      adopt(host.root, css);
      set(recorder);
    };
    const close = (): void => {
      set(undefined);
      host.root.querySelector<HTMLElement>(touch.matches ? '.window' : '.composer textarea')?.focus({ preventScroll: true });
    };
    return (
      <>
        {chunk && <chunk.Recorder words={words} limit={session.state.site?.voice ?? 0} onSend={(file) => onFiles([file])} onClose={close} />}
        {!busy && !chunk && (
          <button type="button" class="plain" aria-label={words.record} onClick={() => void open().catch(() => notify(strings.trouble))}>
            <Icon path={micPath} />
          </button>
        )}
      </>
    );
  };
  return { Mic };
}
