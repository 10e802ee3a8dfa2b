import { Fragment, h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VoiceWords } from '../../i18n/voice';
import { useChat } from '../ui/context';
import { Icon } from '../ui/icons';
import { pausePath, playPath } from './icons';
import { bars, clock } from './wave';

export { default as css } from './voice.css?inline';

/** As many bars a voice message is drawn with. */
const drawn = 44;
/** How fast it can be played, one after the other. */
const speeds = [1, 1.5, 2];
/** Stops what plays: one voice at a time. */
let stopOther: (() => void) | undefined;

/** Says that this plays now; what did until now stops. */
export function alone(stop: () => void): void {
  if (stopOther !== stop) stopOther?.();
  stopOther = stop;
}

interface TrackProps {
  readonly words: VoiceWords;
  readonly waveform: readonly number[];
  readonly playing: boolean;
  /** In seconds. */
  readonly at: number;
  readonly duration: number;
  readonly onToggle: () => void;
  readonly onSeek: (to: number) => void;
}

/** Play, a waveform that is searched by pointer and keys, and the time. */
export function Track({ words, waveform, playing, at, duration, onToggle, onSeek }: TrackProps): VNode {
  const started = playing || at > 0;
  const told = words.of(clock(at), clock(duration));
  return (
    <>
      <button type="button" class="plain" aria-label={playing ? words.stop : words.play} onClick={onToggle}>
        <Icon path={playing ? pausePath : playPath} />
      </button>
      <span class="wave">
        <input
          type="range"
          min={0}
          max={duration}
          step={duration > 20 ? 1 : 0.1}
          value={at}
          aria-label={words.position}
          aria-valuetext={told}
          onInput={(event) => onSeek(Number(event.currentTarget.value))}
        />
        <Bars heights={bars(waveform, drawn)} played={duration ? at / duration : 0} />
      </span>
      <span class="clock">{clock(started ? at : duration)}</span>
    </>
  );
}

/** Bars of heights from 0 to 1; those before played, also from 0 to 1, are in full colour. */
export function Bars({ heights, played }: { readonly heights: readonly number[]; readonly played: number }): VNode {
  return (
    <svg viewBox={`0 0 ${heights.length * 4} 28`} preserveAspectRatio="none" aria-hidden="true">
      {heights.map((height, i) => {
        const tall = 3 + height * 25;
        const x = i * 4;
        return <rect key={x} class={(i + 0.5) / heights.length <= played ? 'played' : ''} x={x + 0.5} y={(28 - tall) / 2} width={3} height={tall} rx={1.5} />;
      })}
    </svg>
  );
}

interface Props {
  readonly src: string | undefined;
  readonly words: VoiceWords;
  readonly waveform: readonly number[] | undefined;
  /** In milliseconds, as its message says; what the browser finds counts more. */
  readonly duration: number | undefined;
  readonly label: string;
  /** The address has most likely expired. */
  readonly onError: () => void;
}

/** A voice message of either side. */
export function Player({ src, words, waveform, duration = 0, label, onError }: Props): VNode {
  const { signal } = useChat().host.life;
  const audio = useRef<HTMLAudioElement>(null);
  const [{ playing, at, found, speed }, set] = useState({ playing: false, at: 0, found: 0, speed: 1 });
  const change = (to: Partial<{ playing: boolean; at: number; found: number; speed: number }>): void => set((now) => ({ ...now, ...to }));
  const wanted = useRef(false);
  const lasts = found || duration / 1000;
  useEffect(() => {
    const { current } = audio;
    // What was asked for goes on with the address that is good again.
    if (wanted.current) void current?.play().catch(() => undefined);
    return () => current?.pause();
  }, [src]);
  const { current: stop } = useRef(() => audio.current?.pause());
  useEffect(() => {
    // An element without a document plays on.
    signal.addEventListener('abort', stop);
    return () => signal.removeEventListener('abort', stop);
  }, [signal, stop]);
  const toggle = (): void => {
    const { current } = audio;
    if (!current) return;
    wanted.current = current.paused;
    if (!current.paused) {
      stop();
      return;
    }
    alone(stop);
    // Why it does not play is the error's to say.
    current.play().catch(() => undefined);
  };
  const faster = speeds[(speeds.indexOf(speed) + 1) % speeds.length] ?? 1;
  return (
    <div class="voice" role="group" aria-label={label}>
      <audio
        ref={audio}
        src={src}
        preload={duration ? 'none' : 'metadata'}
        onPlay={() => change({ playing: true })}
        onPause={() => change({ playing: false })}
        onEnded={(event) => {
          wanted.current = false;
          event.currentTarget.currentTime = 0;
          change({ playing: false, at: 0 });
        }}
        onTimeUpdate={(event) => change({ at: event.currentTarget.currentTime })}
        onDurationChange={({ currentTarget: { duration: now } }) => Number.isFinite(now) && change({ found: now })}
        onError={onError}
      />
      <Track
        words={words}
        waveform={waveform ?? []}
        playing={playing}
        at={at}
        duration={lasts}
        onToggle={toggle}
        onSeek={(to) => {
          change({ at: to });
          if (audio.current) audio.current.currentTime = to;
        }}
      />
      {(playing || speed !== 1) && (
        <button
          type="button"
          class="speed"
          aria-label={words.speed(`${speed}×`)}
          onClick={() => {
            change({ speed: faster });
            // The default too: with another address the element goes back to that.
            if (audio.current) audio.current.defaultPlaybackRate = audio.current.playbackRate = faster;
          }}
        >
          {speed}×
        </button>
      )}
    </div>
  );
}
