/**
 * What stands in a dialog's journal, as bridge/gateway/wire sends it (wire.go
 * holds the meaning of each field).
 */

export type EntryID = string;
export type ClientID = string;
export type FileID = string;

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
  /** Of a voice message: loudnesses from 0 to 1024. */
  waveform?: number[];
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
  /** An Original: what an operator wrote, where text is its translation; checked where it is drawn, by ai/check.ts. */
  original?: unknown;
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

/** An operator's words before a model translated them for the visitor. */
export interface Original {
  text: string;
  html?: string;
  /** The BCP 47 tags of what it is written in, and of what it was translated into. */
  lang: string;
  into: string;
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
