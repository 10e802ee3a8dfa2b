import type { ServerFrame } from './wire';

/**
 * Server frames are checked at run time, because the wire is an edge. What a
 * frame must have is looked at, so that nothing which folds or draws it meets a
 * hole; of what may be missing the gateway keeps the types, and golden frames
 * hold both sides together.
 */

/** Examples of what has to be there. */
const entry = { id: '', seq: 0, kind: '', at: 0, author: { party: '' } };
const frames: Readonly<Record<ServerFrame['t'], object>> = {
  welcome: { site: { name: '', max_length: 0, max_file_size: 0 }, seq: 0, read: 0, seen: 0 },
  ack: { cid: '', at: 0 },
  entry: { entry },
  error: { code: '' },
  pong: {},
  upload: { cid: '', file: '', url: '' },
  file: { file: '', url: '' },
  history: {},
  typing: { on: true, author: entry.author },
  stream: { id: '', n: 0 },
  read: { seq: 0 },
  left: { seq: 0 },
  flow: {},
};

/** True if value has all that the example has, in the same types. */
const has = (value: unknown, example: unknown): boolean =>
  typeof value === typeof example && Object.entries(example as object).every(([name, part]) => has((value as { [name: string]: unknown } | null)?.[name], part));

/** True if value is a frame of the gateway in the form that this widget knows. */
export function isServerFrame(value: unknown): value is ServerFrame {
  const { t, entries } = Object(value) as { t: ServerFrame['t']; entries?: unknown };
  // Go writes an empty list as null.
  return Object.hasOwn(frames, t) && has(value, frames[t]) && (!entries || (Array.isArray(entries) && entries.every((e) => has(e, entry))));
}

/** Reads one text frame; undefined for what this widget does not know, which is ignored. */
export function parseFrame(data: unknown): ServerFrame | undefined {
  try {
    const value: unknown = JSON.parse(String(data));
    return isServerFrame(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
