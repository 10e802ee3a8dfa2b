import { pause } from './pause';

/** The notes: when each begins, in seconds, and its pitch in hertz. Two that rise, as a question. */
const notes = [
  [0, 659.26],
  [0.13, 987.77],
] as const;
/** How long a note takes to fade away, in seconds. */
const fade = 0.45;
/** The loudness of a note, of 1. */
const loudness = 0.09;
/** Milliseconds that a browser may take to begin; one that forbids it takes for ever. */
const patience = 500;

let context: AudioContext | undefined;

/** Whether the visitor has done something on the page: before that browsers forbid sounds, and complain of attempts. */
export const mayRing = (): boolean => (navigator.userActivation as UserActivation | undefined)?.hasBeenActive ?? false;

/** Plays the sound; false if the browser does not let it. It is computed, so that no policy for files has a say. */
export async function ring(): Promise<boolean> {
  if (!mayRing()) return false;
  const playing = (context ??= new AudioContext());
  // The chat may end meanwhile, and what waits for a context that is closed is refused.
  await Promise.race([playing.resume().catch(() => undefined), pause(patience)]);
  if (playing.state !== 'running') return false;
  const volume = playing.createGain();
  volume.connect(playing.destination);
  for (const [after, pitch] of notes) {
    const at = playing.currentTime + after;
    const note = playing.createOscillator();
    const envelope = playing.createGain();
    note.frequency.value = pitch;
    envelope.gain.setValueAtTime(0, at);
    envelope.gain.linearRampToValueAtTime(loudness, at + 0.012);
    envelope.gain.exponentialRampToValueAtTime(0.0001, at + fade);
    note.connect(envelope).connect(volume);
    note.start(at);
    note.stop(at + fade);
    // Between two sounds the page holds no sound device.
    if (after > 0) note.onended = () => void playing.suspend();
  }
  return true;
}

/** Makes ready to ring, if that is wanted then: Safari lets sound only a page that began to in the moment of a press. */
export function arm(signal: AbortSignal, wanted: () => boolean): void {
  const acts = ['click', 'keydown'] as const;
  const onAct = (): void => {
    if (!mayRing() || !wanted()) return;
    for (const act of acts) removeEventListener(act, onAct, true);
    if (context) return;
    const made = (context = new AudioContext());
    // The chat may end in the same press, and what was asked of the closed one is refused.
    made.resume().then(() => made.suspend()).catch(() => undefined);
  };
  for (const act of acts) addEventListener(act, onAct, { signal, capture: true });
  signal.addEventListener('abort', () => {
    void context?.close();
    context = undefined;
  });
}
