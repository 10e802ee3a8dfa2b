import type { Fault } from '../chat/voice/recording';

/** What is said around voice messages; loaded where a site takes them, or with the first one. */
export interface VoiceWords {
  /** What a recording is called, also as a file. */
  readonly name: string;
  readonly record: string;
  /** To screen readers: the state, with the longest time. */
  readonly recording: (limit: string) => string;
  readonly paused: string;
  readonly asking: string;
  readonly working: string;
  readonly longest: (limit: string) => string;
  readonly pause: string;
  readonly resume: string;
  readonly finish: string;
  readonly send: string;
  readonly discard: string;
  readonly retry: string;
  readonly play: string;
  readonly stop: string;
  readonly position: string;
  readonly of: (at: string, all: string) => string;
  readonly speed: (times: string) => string;
  readonly faults: Readonly<Record<Fault, string>>;
}
