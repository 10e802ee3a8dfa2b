import type { ServerFrame } from './wire';

/** Server frames are checked at run time, because the wire is an edge. */

type Check = (value: unknown) => boolean;
const str: Check = (v) => typeof v === 'string';
const num: Check = (v) => typeof v === 'number';
const bool: Check = (v) => typeof v === 'boolean';
const maybe =
  (check: Check): Check =>
  (v) =>
    v === undefined || v === null || check(v);
const list =
  (check: Check): Check =>
  (v) =>
    v === null || (Array.isArray(v) && v.every(check));
const shape =
  (fields: Record<string, Check>): Check =>
  (v) =>
    typeof v === 'object' &&
    v !== null &&
    Object.entries(fields).every(([name, check]) => check((v as Record<string, unknown>)[name]));

const maybeStr = maybe(str);
const maybeNum = maybe(num);
const maybeBool = maybe(bool);
const author = shape({ party: str, id: maybeStr, name: maybeStr, avatar: maybeStr });
const entry = shape({
  id: str,
  seq: num,
  kind: str,
  at: num,
  author,
  cid: maybeStr,
  target: maybeStr,
  text: maybeStr,
  html: maybeStr,
  emote: maybeBool,
  reply_to: maybeStr,
  key: maybeStr,
  file: maybe(
    shape({
      id: str,
      kind: str,
      name: str,
      type: str,
      size: num,
      url: str,
      width: maybeNum,
      height: maybeNum,
      duration: maybeNum,
    }),
  ),
  location: maybe(shape({ latitude: num, longitude: num })),
  redacted: maybeBool,
});
const entries = list(entry);

const frames: Record<ServerFrame['t'], Check> = {
  welcome: shape({
    site: shape({ name: str, max_length: num, max_file_size: num, file_types: maybe(list(str)), ai_notice: maybeStr }),
    seq: num,
    reset: maybeBool,
    entries,
    more: maybeBool,
    read: num,
    seen: num,
    left: maybeNum,
    now: maybeNum,
  }),
  ack: shape({ cid: str, id: maybeStr, seq: maybeNum, at: num }),
  entry: shape({ entry }),
  error: shape({ code: str, text: str, cid: maybeStr, retry_after: maybeNum }),
  pong: shape({}),
  upload: shape({ cid: str, file: str, url: str }),
  file: shape({ file: str, url: str }),
  history: shape({ before: num, entries: maybe(entries), more: maybeBool }),
  typing: shape({ on: bool, author }),
  stream: shape({ id: str, n: num, text: maybeStr, gone: maybeBool }),
  read: shape({ seq: num }),
  left: shape({ seq: num }),
  flow: shape({}),
};

/** True if value is a frame of the gateway in the form that this widget knows. */
export function isServerFrame(value: unknown): value is ServerFrame {
  if (!shape({ t: str })(value)) return false;
  const { t } = value as { t: string };
  return Object.hasOwn(frames, t) && frames[t as ServerFrame['t']](value);
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
