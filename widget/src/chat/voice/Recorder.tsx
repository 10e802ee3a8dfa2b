import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { VoiceWords } from '../../i18n/voice';
import { useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import { binPath, micPath, pausePath, stopPath } from './icons';
import { alone, Bars, Track } from './Player';
import { record } from './recording';
import type { Fault, Recorded, Recording } from './recording';
import { clock } from './wave';

interface Props {
  readonly words: VoiceWords;
  /** In milliseconds. */
  readonly limit: number;
  readonly onSend: (file: File) => void;
  /** It is over, sent or not. */
  readonly onClose: () => void;
}

type State =
  | { readonly is: 'asking' | 'working' }
  | { readonly is: 'recording'; readonly recording: Recording }
  | { readonly is: 'ready'; readonly recorded: Recorded; readonly atLimit: boolean }
  | { readonly is: 'fault'; readonly fault: Fault };

const calm = matchMedia('(prefers-reduced-motion: reduce)');
/** As many bars of the level are seen at once. */
const seen = 28;

/** The browser asks before the page is left with what was said. */
function keep(event: BeforeUnloadEvent): void {
  event.preventDefault();
  // Chrome before 119 asks only for this.
  event.returnValue = true;
}

/** Above the composer: a voice message while it is recorded, and heard before it is sent. */
export function Recorder({ words, limit, onSend, onClose }: Props): VNode {
  const { host } = useChat();
  const [state, set] = useState<State>({ is: 'asking' });
  const [, draw] = useState({});
  const strip = useRef<HTMLDivElement>(null);
  /** What runs, to be ended with this. */
  const running = useRef<Recording | undefined>(undefined);
  /** It is gone before the browser has answered. */
  const gone = useRef(false);

  const finish = async (recording: Recording, send: boolean): Promise<void> => {
    if (running.current !== recording) return;
    const atLimit = recording.elapsed >= limit;
    running.current = undefined;
    set({ is: 'working' });
    const recorded = await recording.stop(words.name).catch(() => undefined);
    if (gone.current) return;
    if (!recorded) {
      set({ is: 'fault', fault: 'unknown' });
    } else if (send) {
      onSend(recorded.file);
      onClose();
    } else {
      set({ is: 'ready', recorded, atLimit });
    }
  };
  const begin = (): void => {
    set({ is: 'asking' });
    record(limit).then(
      (recording) => {
        // Nor by one that was closed while the browser asked.
        const closed = !strip.current?.closest('dialog')?.open;
        if (gone.current || closed) {
          recording.discard();
          if (!gone.current) onClose();
          return;
        }
        running.current = recording;
        set({ is: 'recording', recording });
        void recording.over.then(() => finish(recording, false));
      },
      (error: unknown) => set({ is: 'fault', fault: (error as Error).message as Fault }),
    );
  };
  useEffect(() => {
    begin();
    return () => {
      gone.current = true;
      running.current?.discard();
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- once
  }, []);

  const { is } = state;
  const holds = is === 'recording' || is === 'ready' || is === 'working';
  useEffect(() => {
    if (!holds) return;
    addEventListener('beforeunload', keep);
    return () => removeEventListener('beforeunload', keep);
  }, [holds]);
  useEffect(() => {
    if (state.is !== 'recording') return;
    const { recording } = state;
    const timer = setInterval(() => draw({}), 100);
    // Nobody is recorded by a window that is closed. One that only turns with its screen is open again by now.
    const dialog = strip.current?.closest('dialog');
    const closed = (): void => void (dialog?.open || finish(recording, false));
    dialog?.addEventListener('close', closed);
    return () => {
      clearInterval(timer);
      dialog?.removeEventListener('close', closed);
    };
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- with the recording
  }, [state]);
  // The press that began goes on with the one that ends: no key is lost between.
  useLayoutEffect(() => {
    if (host.root.activeElement === null || strip.current?.closest('.composer')?.contains(host.root.activeElement)) {
      strip.current?.querySelector<HTMLElement>('[data-first]')?.focus();
    }
  }, [is, host]);

  const close = (
    <button type="button" class="plain" aria-label={words.discard} data-first={is === 'asking' || undefined} onClick={onClose}>
      <Icon path={binPath} />
    </button>
  );
  const send = (onClick: () => void, first: boolean): VNode => (
    <button type="button" class="send" aria-label={words.send} data-first={first || undefined} onClick={onClick}>
      <Icon name="send" />
    </button>
  );
  return (
    <div class="recorder" role="group" aria-label={words.name} ref={strip}>
      {state.is === 'fault' ? (
        <>
          <span class="told" role="alert">
            {words.faults[state.fault]}
          </span>
          {state.fault !== 'insecure' && state.fault !== 'unsupported' && state.fault !== 'policy' && (
            <button type="button" class="again" onClick={begin}>
              {words.retry}
            </button>
          )}
          <button type="button" class="plain" data-first aria-label={words.discard} onClick={onClose}>
            <Icon name="close" />
          </button>
        </>
      ) : state.is === 'recording' ? (
        <Running
          recording={state.recording}
          words={words}
          limit={limit}
          close={close}
          send={send(() => void finish(state.recording, true), false)}
          onFinish={() => void finish(state.recording, false)}
          onChange={() => draw({})}
        />
      ) : state.is === 'ready' ? (
        <>
          {close}
          <Heard recorded={state.recorded} words={words} />
          {send(() => {
            onSend(state.recorded.file);
            onClose();
          }, true)}
          {state.atLimit && (
            <small class="told" role="status">
              {words.longest(clock(limit / 1000))}
            </small>
          )}
        </>
      ) : (
        <>
          {close}
          <span class="told" role="status">
            {is === 'asking' ? words.asking : words.working}
          </span>
        </>
      )}
    </div>
  );
}

interface RunningProps {
  readonly recording: Recording;
  readonly words: VoiceWords;
  readonly limit: number;
  readonly close: VNode;
  readonly send: VNode;
  readonly onFinish: () => void;
  readonly onChange: () => void;
}

/** While it is recorded: the time, how loud it is, and what can be done. */
function Running({ recording, words, limit, close, send, onFinish, onChange }: RunningProps): VNode {
  const { paused, elapsed, levels } = recording;
  const last = levels.slice(-seen);
  return (
    <>
      {close}
      <span class={paused ? 'dot' : 'dot on'} />
      <span class="sr" role="status">
        {paused ? words.paused : words.recording(clock(limit / 1000))}
      </span>
      <span class="clock" role="timer">
        {clock(elapsed / 1000)} / {clock(limit / 1000)}
      </span>
      <span class="wave">{!calm.matches && <Bars heights={[...Array.from({ length: seen - last.length }, () => 0), ...last]} played={1} />}</span>
      <button
        type="button"
        class="plain"
        aria-label={paused ? words.resume : words.pause}
        onClick={() => {
          if (paused) recording.resume();
          else recording.pause();
          onChange();
        }}
      >
        <Icon path={paused ? micPath : pausePath} />
      </button>
      <button type="button" class="plain" data-first aria-label={words.finish} onClick={onFinish}>
        <Icon path={stopPath} />
      </button>
      {send}
    </>
  );
}

/** What was recorded, to listen to. It is played from memory: a page's policy may forbid blob: addresses. */
function Heard({ recorded: { file, sound }, words }: { readonly recorded: Recorded; readonly words: VoiceWords }): VNode {
  const [{ at, playing }, set] = useState({ at: 0, playing: false });
  const player = useRef<{ readonly context: AudioContext; readonly source: AudioBufferSourceNode; readonly since: number } | undefined>(undefined);
  const now = (): number => {
    const { current } = player;
    return current ? current.context.currentTime - current.since : at;
  };
  const { current: halt } = useRef((): void => {
    const { current } = player;
    player.current = undefined;
    if (current) void current.context.close();
  });
  const { current: stop } = useRef((): void => {
    halt();
    set(({ at: here }) => ({ at: here, playing: false }));
  });
  const play = (from: number): void => {
    if (!sound) return;
    halt();
    alone(stop);
    const context = new AudioContext();
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(context.destination);
    source.start(0, from);
    player.current = { context, source, since: context.currentTime - from };
    set({ at: from, playing: true });
  };
  useEffect(() => {
    if (!playing || !sound) return;
    const timer = setInterval(() => {
      const here = now();
      if (here < sound.duration) {
        set({ at: here, playing: true });
      } else {
        halt();
        set({ at: 0, playing: false });
      }
    }, 100);
    return () => clearInterval(timer);
  });
  useEffect(() => halt, [halt]);
  const duration = file.voice.duration / 1000;
  // A browser that cannot play it can still send it.
  if (!sound) return <span class="told">{clock(duration)}</span>;
  return (
    <Track
      words={words}
      waveform={file.voice.waveform ?? []}
      playing={playing}
      at={at}
      duration={sound.duration}
      onToggle={() => {
        if (playing) stop();
        else play(at);
      }}
      onSeek={(to) => (playing ? play(to) : set({ at: to, playing: false }))}
    />
  );
}
