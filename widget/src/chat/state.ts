import type { Connection } from './connection';
import type { Now } from './live';
import type { Outbox, Place } from './outbox';
import type { Timeline } from './timeline';
import type { Durable, Site } from './wire';

/** Everything that the window shows; replaced as a whole at each change. */
export interface State extends Now {
  readonly connection: Connection;
  readonly timeline: Timeline;
  readonly outbox: Outbox;
  /** Known after the first welcome. */
  readonly site?: Site | undefined;
  /** How far the visitor has read, and how far the operators have. */
  readonly read: number;
  readonly seen: number;
  /** Up to which number operators have left the dialog. */
  readonly left: number;
  /** By how many milliseconds the gateway's clock, which all times are of, is ahead of the browser's. */
  readonly ahead: number;
  /** What stands beside the talk, as the gateway told it; see flow/check.ts. */
  readonly flow?: object | undefined;
  /** The last refusal that belongs to no message on the screen. */
  readonly refused?: string | undefined;
  /** Why the gateway asks to wait: the code of a public error, or "quick". */
  readonly held?: string | undefined;
  /** Places in the order of sending that files have: what was written after them waits. */
  readonly taken: readonly Place[];
}

/** A frame without its key, which the session makes. */
export type Draft = Durable extends infer F ? (F extends Durable ? Omit<F, 'cid'> : never) : never;
