import type { Code } from '../chat/wire';
import type { FileWords } from './files';
import type { VoiceWords } from './voice';

/** What the window says, in one language. */
export interface Strings {
  /** The BCP 47 tag of the language. */
  readonly tag: string;
  readonly title: string;
  readonly subtitle: string;
  readonly greeting: string;
  readonly answers: (name: string) => string;
  readonly operator: string;
  readonly bot: string;
  readonly you: string;
  /** Of the window, in its head. */
  readonly menu: string;
  readonly close: string;
  readonly messages: string;
  readonly message: string;
  readonly placeholder: string;
  readonly send: string;
  readonly attach: string;
  readonly emoji: string;
  readonly connecting: string;
  readonly offline: string;
  readonly sending: string;
  readonly sent: string;
  readonly seen: string;
  readonly failed: string;
  readonly edited: string;
  readonly actions: string;
  readonly today: string;
  readonly yesterday: string;
  readonly dismiss: string;
  /** When the right sentence for a fault is not here. */
  readonly trouble: string;
  /** What is said seldom comes on first use. */
  readonly rare: () => Promise<Rare>;
  /** And so does what is said around voice messages. */
  readonly voice: () => Promise<VoiceWords>;
}

/** What is not said in every talk: files, emoji, offers of the bot, faults. */
export interface Rare {
  readonly menu: MenuWords;
  readonly typing: (names: readonly string[]) => string;
  readonly earlier: string;
  readonly newMessages: (n: number) => string;
  readonly toNewest: string;
  /** Above those that came while the window was closed. */
  readonly fresh: string;
  readonly save: string;
  readonly left: (n: number) => string;
  readonly tooLong: (over: number, limit: number) => string;
  readonly drop: string;
  readonly retry: string;
  readonly cancel: string;
  readonly discard: string;
  readonly editing: string;
  readonly replyingTo: (name: string) => string;
  readonly more: string;
  readonly less: string;
  readonly reply: string;
  readonly react: string;
  readonly edit: string;
  readonly remove: string;
  /** Stands in place of a message. */
  readonly removed: string;
  /** The second press on "remove" means it. */
  readonly removeSure: string;
  readonly spoiler: string;
  readonly original: string;
  readonly reaction: (emoji: string, n: number, own: boolean) => string;
  readonly download: string;
  readonly image: string;
  readonly voice: string;
  readonly place: string;
  readonly fileGone: string;
  readonly imageGone: string;
  readonly reload: string;
  readonly uploading: (percent: number) => string;
  /** A file without a link, and one behind others. */
  readonly waiting: string;
  readonly queued: string;
  readonly uploadFailed: (name: string) => string;
  /** What a visitor can do about a file that was not sent when its page was left. */
  readonly chooseAgain: string;
  readonly fileEmpty: (name: string) => string;
  /** Since it was chosen, the file was deleted, changed or moved. */
  readonly fileUnreadable: (name: string) => string;
  /** What is said before files are on their way. */
  readonly files: () => Promise<FileWords>;
  readonly bytes: readonly [string, string, string, string];
  readonly search: string;
  readonly nothingFound: string;
  /** Names of the emoji picker's groups, in the order of its data. */
  readonly emojiGroups: readonly string[];
  readonly offer: OfferWords;
  readonly ai: AIWords;
  readonly consent: ConsentWords;
  readonly flow: FlowWords;
  /** "quick" is said of messages that wait because of their number, for moments. */
  readonly errors: Readonly<Record<Code | 'unknown' | 'quick', string>>;
  /** When somebody is there again. */
  readonly back: (when: string) => string;
}

/** What is said under a model's words. */
export interface AIWords {
  readonly sources: string;
  readonly interrupted: string;
  /** Of an operator's message that a model translated; the others are buttons behind it. */
  readonly translated: string;
  readonly showOriginal: string;
  readonly hideOriginal: string;
}

/** What is said beside the talk: forms, ratings, other ways to the site. */
export interface FlowWords {
  readonly start: string;
  readonly handoff: string;
  readonly away: string;
  /** The labels of fields that have no own. */
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly message: string;
  readonly choose: string;
  readonly optional: string;
  readonly begin: string;
  readonly send: string;
  readonly skip: string;
  readonly missing: string;
  readonly noPhone: string;
  readonly tooLong: (most: number) => string;
  /** The button, and what the visitor says with it. */
  readonly person: string;
  readonly personSaid: string;
  readonly called: string;
  readonly rate: string;
  readonly good: string;
  readonly bad: string;
  readonly word: string;
  readonly thanks: string;
  readonly change: string;
  readonly channels: string;
  readonly mail: string;
  readonly call: string;
}

/** What is said where a site asks for consent. */
export interface ConsentWords {
  readonly title: string;
  readonly agree: string;
  readonly decline: string;
  readonly declined: string;
  /** The same where the browser holds a conversation already. */
  readonly declinedMore: string;
  /** Opens the question again. */
  readonly again: string;
  readonly privacy: string;
}

/** The menu in the window's head. */
export interface MenuWords {
  readonly page: string;
  readonly text: string;
  /** The sound of messages is turned off, and on. */
  readonly mute: string;
  readonly unmute: string;
  /** The system's notifications of messages are turned on, and off. */
  readonly notify: string;
  readonly unnotify: string;
  /** What is said once they are on. */
  readonly notified: string;
  /** In the place of their switch, where the browser lets the site show none. */
  readonly blocked: string;
  /** The entries that open forms, also their headings. */
  readonly transcript: string;
  readonly answers: string;
  readonly address: string;
  readonly notes: Readonly<Record<'transcript' | 'answers', string>>;
  readonly send: Readonly<Record<'transcript' | 'answers', string>>;
  readonly stop: string;
  /** What is said when it is done. */
  readonly sent: (address: string) => string;
  readonly answersTo: (address: string) => string;
  readonly stopped: string;
}

/** What is said where the bot offers ways to answer. */
export interface OfferWords {
  /** To screen readers, of a button that was pressed, and of a link. */
  readonly taken: string;
  readonly newTab: string;
  /** To screen readers: where the ways to answer a message stand. */
  readonly below: string;
  readonly replies: string;
  readonly cards: (n: number) => string;
  readonly next: string;
  readonly previous: string;
  readonly file: string;
  readonly share: string;
  readonly locating: string;
  readonly unlocated: string;
  readonly stars: (n: number, max: number) => string;
  /** Over the field of each type of question. */
  readonly fields: Readonly<Record<'text' | 'regex' | 'email' | 'phone' | 'url' | 'number' | 'integer' | 'date' | 'time' | 'datetime', string>>;
  readonly noEmail: string;
  readonly noNumber: string;
  readonly noInteger: string;
  readonly noDate: string;
  readonly least: (min: string) => string;
  readonly most: (max: string) => string;
  readonly earliest: (min: string) => string;
  readonly latest: (max: string) => string;
}
