import type { EventData } from '../loader/host';

/**
 * The protocol "anteroom.v1", mirrored from bridge/gateway/wire (wire.go holds
 * the meaning of each field). Server frames are checked at run time, because
 * the wire is an edge; golden JSON frames hold both sides together.
 */

export const subprotocol = 'anteroom.v1';
/** The gateway asks not to come back; an error frame before it says why. */
export const closeStop = 4001;

export type EntryID = string;
export type ClientID = string;
export type FileID = string;

/** The public errors of bridge/chat/error.go. */
export const codes = [
  'bad_frame',
  'unknown_site',
  'bad_origin',
  'bad_session',
  'bad_token',
  'signed_out',
  'gone',
  'blocked',
  'empty',
  'too_long',
  'too_large',
  'bad_file_type',
  'too_many_files',
  'unknown_file',
  'unknown_target',
  'not_yours',
  'too_fast',
  'too_many_sockets',
  'link_expired',
  'not_found',
  'bad_method',
  'unavailable',
  'internal',
] as const;
export type Code = (typeof codes)[number];

export interface Resume {
  seq: number;
  id: EntryID;
}

export interface Page {
  url: string;
  title?: string;
  referrer?: string;
}

export interface Author {
  party: string;
  id?: string;
  name?: string;
  avatar?: string;
}

export interface WireFile {
  id: FileID;
  kind: string;
  name: string;
  type: string;
  size: number;
  width?: number;
  height?: number;
  duration?: number;
  url: string;
  /** When this tab got it with its URL, Unix milliseconds; not of the protocol. */
  came?: number;
}

export interface Location {
  latitude: number;
  longitude: number;
}

export interface Entry {
  id: EntryID;
  seq: number;
  /** message, edit, redaction, reaction; a newer gateway may know more. */
  kind: string;
  /** Unix milliseconds. */
  at: number;
  author: Author;
  cid?: ClientID;
  target?: EntryID;
  text?: string;
  html?: string;
  emote?: boolean;
  reply_to?: EntryID;
  key?: string;
  file?: WireFile;
  location?: Location;
  /** An Offer, and an Answer: checked where they are drawn, by offer/check.ts. */
  offer?: unknown;
  answer?: unknown;
  /** An AI: set where a model wrote, and checked where it is drawn, by ai/check.ts. */
  ai?: unknown;
  redacted?: boolean;
}

/** Where words of a model come from. */
export interface AI {
  /** The stream whose place the entry takes. */
  stream?: string;
  sources?: Source[] | null;
  /** Somebody spoke before the words were complete. */
  interrupted?: boolean;
}

/** A passage of the site's knowledge that the visitor may look up. */
export interface Source {
  title: string;
  url?: string;
}

/** Ways to answer a message of the bot beside free text. */
export interface Offer {
  buttons?: Button[] | null;
  /** Those of the newest message only: they go away once anybody says anything. */
  quick?: boolean;
  ask?: Ask;
  cards?: Card[] | null;
}

/** One answer to press, or a link if it has a URL. */
export interface Button {
  text: string;
  url?: string;
}

export interface Card {
  title: string;
  text?: string;
  image?: WireFile;
  buttons?: Button[] | null;
}

/** Which form helps with the answer to a question. */
export interface Ask {
  /** One of bridge/chat/offer.go; a newer gateway may know more. */
  type: string;
  choices?: string[] | null;
  /** Several of the choices may be taken. */
  many?: boolean;
  /** Bounds, as a machine reads them; of a text, the most characters; of a rating, the highest. */
  min?: string;
  max?: string;
  placeholder?: string;
}

/** What a visitor's message answers by a press or a form. */
export interface Answer {
  /** The message with the offer. */
  entry: EntryID;
  /** The place of the button: first those of the message are counted, from 0, then those of its cards. */
  button?: number;
  /** As a machine reads it, beside the text that people read. */
  value?: string;
}

export interface Site {
  name: string;
  /** In Unicode code points. */
  max_length: number;
  /** In bytes; 0 means that files are not accepted. */
  max_file_size: number;
  file_types?: string[] | null;
  /** Tells that an AI writes, where one does. */
  ai_notice?: string;
}

export interface Hello {
  t: 'hello';
  secret: string;
  resume?: Resume;
  page?: Page;
  language?: string;
  time_zone?: string;
  hints?: Hints;
}
/** What navigator.userAgentData says, in its own words. */
export interface Hints {
  brands?: { brand: string; version: string }[];
  mobile?: boolean;
  platform?: string;
  platformVersion?: string;
  model?: string;
}
export interface Message {
  t: 'message';
  cid: ClientID;
  text?: string;
  reply_to?: EntryID;
  file?: FileID;
  answer?: Answer;
  location?: Location;
}
export interface Edit {
  t: 'edit';
  cid: ClientID;
  target: EntryID;
  text: string;
}
export interface Redact {
  t: 'redact';
  cid: ClientID;
  target: EntryID;
}
export interface Reaction {
  t: 'reaction';
  cid: ClientID;
  target: EntryID;
  key: string;
}
/** What a chain waits for on a page came true. */
export interface Visited {
  t: 'visited';
  cid: ClientID;
  trigger: string;
}
/** An event of the page itself. */
export interface PageEvent {
  t: 'event';
  cid: ClientID;
  name: string;
  data?: EventData;
}
export interface Upload {
  t: 'upload';
  cid: ClientID;
  name: string;
  type: string;
  size: number;
}
export interface FileRequest {
  t: 'file';
  file: FileID;
}
export interface HistoryRequest {
  t: 'history';
  before: number;
  limit?: number;
}
export interface OwnTyping {
  t: 'typing';
  on: boolean;
}
export interface Read {
  t: 'read';
  seq: number;
}
export interface Delivered {
  t: 'delivered';
  seq: number;
}
export interface PageView extends Page {
  t: 'page';
}
/** The visitor has opened the window. */
export interface Opened {
  t: 'opened';
}
export interface Ping {
  t: 'ping';
}

/** What is kept until it is acknowledged; sending it again changes nothing. */
export type Durable = Message | Edit | Redact | Reaction;
export type ClientFrame =
  | Hello
  | Durable
  | Visited
  | PageEvent
  | Upload
  | FileRequest
  | HistoryRequest
  | OwnTyping
  | Read
  | Delivered
  | PageView
  | Opened
  | Ping;

export interface Welcome {
  t: 'welcome';
  site: Site;
  seq: number;
  reset?: boolean;
  entries: Entry[] | null;
  more?: boolean;
  /** How far the visitor has read, and how far the operators have. */
  read: number;
  seen: number;
}
export interface Ack {
  t: 'ack';
  cid: ClientID;
  /** Absent if it stands in no journal: a page's visit, an event. */
  id?: EntryID;
  seq?: number;
  at: number;
}
export interface NewEntry {
  t: 'entry';
  entry: Entry;
}
export interface WireError {
  t: 'error';
  code: string;
  text: string;
  cid?: ClientID;
  /** Milliseconds; absent if trying again is of no use. */
  retry_after?: number;
}
export interface Pong {
  t: 'pong';
}
export interface UploadAnswer {
  t: 'upload';
  cid: ClientID;
  file: FileID;
  url: string;
}
export interface FileAnswer {
  t: 'file';
  file: FileID;
  url: string;
}
export interface History {
  t: 'history';
  before: number;
  entries?: Entry[] | null;
  more?: boolean;
}
export interface Typing {
  t: 'typing';
  on: boolean;
  author: Author;
}

/** A piece of a reply while a model writes it. */
export interface Stream {
  t: 'stream';
  id: string;
  /** Counts the pieces of this link; 0 holds all there is so far. */
  n: number;
  text?: string;
  /** Nothing comes of it. */
  gone?: boolean;
}

export type ServerFrame =
  | Welcome
  | Ack
  | NewEntry
  | WireError
  | Pong
  | UploadAnswer
  | FileAnswer
  | History
  | Typing
  | Stream
  | Read;

/** The body of a POST where WebSocket is blocked. */
export interface Exchange {
  hello: Hello;
  frames?: ClientFrame[];
  wait?: number;
}

/** The body of a POST that says who sits before the browser; without the secret, a token is only looked at. */
export interface Identify {
  secret?: string;
  token?: string;
  person?: object;
}

/** The answer to it; the secret is absent if the present one stays. */
export interface Identified {
  secret?: string;
  session: string;
}

/** The body of a POST that ends a session for ever. */
export interface SignOut {
  secret?: string;
  session?: string;
}

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
