/** The loudest in a waveform, as MSC1767 writes it. */
const loudest = 1024;
/** As many as the gateway keeps. */
const parts = 100;

/** How loud each of so many parts of the samples is, from 0 to 1024, the loudest part of all being that. */
export function waveform(samples: Float32Array | readonly number[]): number[] {
  const n = Math.min(parts, samples.length);
  const peaks = Array.from({ length: n }, (_, i) => {
    const [from, to] = [Math.floor((i * samples.length) / n), Math.floor(((i + 1) * samples.length) / n)];
    let peak = 0;
    for (let at = from; at < to; at++) peak = Math.max(peak, Math.abs(samples[at] ?? 0));
    return peak;
  });
  // Silence stays silent: its noise is not to look like words.
  const most = Math.max(0.02, ...peaks);
  return peaks.map((peak) => Math.round((peak / most) * loudest));
}

/** So many bars of a waveform of any length, from 0 to 1. */
export function bars(wave: readonly number[], n: number): number[] {
  return Array.from({ length: n }, (_, i) => {
    const from = Math.floor((i * wave.length) / n);
    const to = Math.max(from + 1, Math.floor(((i + 1) * wave.length) / n));
    return Math.max(0, ...wave.slice(from, to)) / loudest;
  });
}

/** Seconds as people read them: "0:07", "12:30". */
export function clock(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
