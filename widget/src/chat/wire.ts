import type { EventData } from '../loader/host';
import type { Answer, Author, ClientID, Entry, EntryID, FileID, Location } from './entry';

/**
 * The protocol "anteroom.v1", mirrored from bridge/gateway/wire (wire.go holds
 * the meaning of each field); entries are in entry.ts, the checks of what comes
 * in parse.ts. Golden JSON frames hold both sides together.
 */

export const subprotocol = 'anteroom.v1';

/** The public errors of bridge/chat/error.go. */
export const codes = [
  'bad_frame',
  'unknown_site',
  'bad_origin',
  'bad_session',
  'bad_token',
  'consent_needed',
  'form_needed',
  'bad_form',
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
  'bad_address',
  'unsubscribed',
  'unanswered',
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

export interface Site {
  name: string;
  /** In Unicode code points. */
  max_length: number;
  /** In bytes; 0 means that files are not accepted. */
  max_file_size: number;
  /** How many may be chosen at once. */
  max_files?: number;
  file_types?: string[] | null;
  /** The longest voice message, in milliseconds; absent where none are accepted. */
  voice?: number;
  /** Tells that an AI writes, where one does. */
  ai_notice?: string;
  /** What is said outside of the opening hours; checked where it is drawn. */
  away?: unknown;
  /** What may be sent by mail. */
  mails?: readonly ('transcript' | 'answers')[];
}

export interface Hello {
  t: 'hello';
  secret: string;
  resume?: Resume | undefined;
  page?: Page;
  language?: string;
  time_zone?: string;
  hints?: Hints;
  /** The hash of what the visitor agreed to, where the site asks for that. */
  consent?: string | undefined;
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
  /** It is the wish to talk to a person. */
  person?: true;
}
/** What the visitor filled in, by the names of the fields. */
export interface Filled {
  t: 'form';
  cid: ClientID;
  id: string;
  values: Readonly<Record<string, string>>;
}
/** How the visitor rates what was closed. */
export interface Rate {
  t: 'rate';
  cid: ClientID;
  closing: number;
  score: number;
  text?: string;
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
/** The visitor took a proactive message into the chat. */
export interface Proactive {
  t: 'proactive';
  cid: ClientID;
  name: string;
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
  /** Makes a voice message of it. */
  voice?: Recording;
}
/** What is said of a recording. */
export interface Recording {
  /** In milliseconds. */
  duration: number;
  /** From 0 to 1024, at most 100 of them. */
  waveform?: number[];
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
/** No operator is in the dialog any more who spoke up to that number. */
export interface Left {
  t: 'left';
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
export type Durable = Message | Edit | Redact | Reaction | Filled | Rate;
export type ClientFrame =
  | Hello
  | Durable
  | Visited
  | Proactive
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
  /** As in the frame of that name; absent while no operator has left. */
  left?: number;
  /** The gateway's clock, Unix milliseconds. */
  now?: number;
  /** What stands beside the talk; checked where it is drawn. */
  flow?: object;
}
/** The same, as it has changed. */
export interface NewFlow {
  t: 'flow';
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
  | Read
  | Left
  | NewFlow;

/** The body of a POST where WebSocket is blocked. */
export interface Exchange {
  hello: Hello;
  frames?: ClientFrame[];
  wait?: number;
  knows?: Knows | undefined;
}

/** What the gateway told last beside the entries; where it has changed since, no answer is held back. */
export interface Knows {
  seen?: number;
  left?: number;
  flow?: object | undefined;
}

/** The body of a POST that says who sits before the browser; without the secret, a token is only looked at. */
export interface Identify {
  secret?: string;
  token?: string;
  person?: object;
  consent?: string | undefined;
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

/** The body of a POST that asks for the visitor's own dialog as a file. */
export interface Transcript {
  secret: string;
  format: 'html' | 'text';
}

/** The body of a POST that says what the visitor wants of mails; with the secret alone it only asks. */
export interface Mails {
  secret: string;
  /** Names what is wanted, so that the same again sends nothing twice. */
  cid?: ClientID;
  transcript?: true;
  answers?: boolean;
  to?: string;
}

/** The body of a POST that says that somebody sent a proactive message away. */
export interface Dismissed {
  name: string;
}
