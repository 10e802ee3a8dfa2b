import type { Recording as Said } from '../wire';
import { lasts, toOgg } from './ogg';
import { waveform } from './wave';

/** Why there is no recording. */
export type Fault = 'insecure' | 'unsupported' | 'policy' | 'denied' | 'nodevice' | 'busy' | 'unknown';

/** A file that is to be a voice message; uploads.ts announces it as one. */
export type VoiceFile = File & { readonly voice: Said };

export interface Recorded {
  readonly file: VoiceFile;
  /** To listen to before it is sent; undefined where the browser cannot play what it has recorded. */
  readonly sound: AudioBuffer | undefined;
}

/** From what every Matrix client plays to what few do. */
const types = ['audio/ogg;codecs=opus', 'audio/webm;codecs=opus', 'audio/mp4', 'audio/webm', ''];
/** Speech is good at so many bits a second; the config's limits count on at most twice as many. */
const bits = 32_000;
/** Milliseconds between two looks at the level. */
const pace = 100;

/** Starts to record for at most so many milliseconds; rejects with an error whose message is a Fault. */
export async function record(limit: number): Promise<Recording> {
  if (!isSecureContext) throw new Error('insecure' satisfies Fault);
  if (typeof MediaRecorder !== 'function' || !(navigator.mediaDevices as MediaDevices | undefined)) throw new Error('unsupported' satisfies Fault);
  // Only Chromium tells it apart from a visitor's own no.
  const { featurePolicy } = document as { featurePolicy?: { allowsFeature(name: string): boolean } };
  if (featurePolicy && !featurePolicy.allowsFeature('microphone')) throw new Error('policy' satisfies Fault);
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } }).catch((error: DOMException) => {
    const faults: Readonly<Record<string, Fault>> = { NotAllowedError: 'denied', SecurityError: 'policy', NotFoundError: 'nodevice', OverconstrainedError: 'nodevice', NotReadableError: 'busy', AbortError: 'busy' };
    throw new Error(faults[error.name] ?? 'unknown');
  });
  let context: AudioContext | undefined;
  try {
    context = new AudioContext();
    return new Recording(stream, context, limit);
  } catch {
    void context?.close();
    for (const track of stream.getTracks()) track.stop();
    throw new Error('unknown' satisfies Fault);
  }
}

/** A recording while it is made. The microphone is released with its end, whatever that is. */
export class Recording {
  /** How loud it was, from 0 to 1, ten times a second. */
  readonly levels: number[] = [];
  readonly #stream: MediaStream;
  readonly #recorder: MediaRecorder;
  readonly #context: AudioContext;
  readonly #analyser: AnalyserNode;
  readonly #chunks: Blob[] = [];
  readonly #stopped: Promise<unknown>;
  readonly #limit: number;
  readonly #watch: ReturnType<typeof setInterval>;
  /** Milliseconds until the last pause, and when it went on. */
  #before = 0;
  #since = performance.now();

  constructor(stream: MediaStream, context: AudioContext, limit: number) {
    this.#stream = stream;
    this.#context = context;
    this.#limit = limit;
    const mimeType = types.find((type) => !type || MediaRecorder.isTypeSupported(type)) ?? '';
    this.#recorder = new MediaRecorder(stream, { audioBitsPerSecond: bits, ...(mimeType && { mimeType }) });
    this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
    // Also by itself, when the microphone is unplugged.
    this.#stopped = new Promise((done) => this.#recorder.addEventListener('stop', done));
    this.#analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(this.#analyser);
    // By the second, so that what was said is there whatever happens.
    this.#recorder.start(1000);
    this.#watch = setInterval(() => this.#look(), pace);
  }

  get paused(): boolean {
    return this.#recorder.state === 'paused';
  }

  /** In milliseconds, without pauses. */
  get elapsed(): number {
    return Math.min(this.#limit, this.#before + (this.#recorder.state === 'recording' ? performance.now() - this.#since : 0));
  }

  /** Resolves when nothing more is recorded: at the limit, by stop, or without a microphone. */
  get over(): Promise<unknown> {
    return this.#stopped;
  }

  pause(): void {
    this.#before = this.elapsed;
    this.#recorder.pause();
  }

  resume(): void {
    this.#since = performance.now();
    this.#recorder.resume();
  }

  /** Ends it and gives back what was recorded, under that name; undefined if it is nothing. */
  async stop(name: string): Promise<Recorded | undefined> {
    const { elapsed } = this;
    this.#end();
    await this.#stopped;
    const blob = new Blob(this.#chunks, { type: this.#recorder.mimeType });
    if (!blob.size) return undefined;
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const [found = ''] = blob.type.split(';');
    const ogg = found.endsWith('/webm') ? toOgg(bytes) : undefined;
    const sound = await decoded(bytes.slice().buffer);
    const duration = Math.max(1, Math.round((ogg && lasts(ogg)) || (sound?.duration ?? 0) * 1000 || elapsed));
    const type = ogg ? 'audio/ogg' : found;
    const end = { 'audio/ogg': 'ogg', 'audio/mp4': 'm4a' }[type] ?? 'webm';
    const file = new File([ogg ?? bytes], `${name}.${end}`, { type });
    return { file: Object.assign(file, { voice: { duration, waveform: waveform(sound?.getChannelData(0) ?? this.levels) } }), sound };
  }

  /** Ends it, and nobody hears it. */
  discard(): void {
    this.#end();
  }

  #end(): void {
    clearInterval(this.#watch);
    if (this.#recorder.state !== 'inactive') {
      this.#before = this.elapsed;
      this.#recorder.stop();
    }
    for (const track of this.#stream.getTracks()) track.stop();
    if (this.#context.state !== 'closed') void this.#context.close();
  }

  #look(): void {
    if (this.#recorder.state !== 'recording') return;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    this.levels.push(Math.min(1, Math.max(...samples.map(Math.abs))));
    if (this.elapsed >= this.#limit) this.#end();
  }
}

/** The sound in memory, which needs no blob: address that a page's policy may forbid. */
async function decoded(bytes: ArrayBuffer): Promise<AudioBuffer | undefined> {
  try {
    return await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(bytes);
  } catch {
    return undefined;
  }
}
