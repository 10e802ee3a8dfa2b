import type { Session } from '../chat/session';
import type { Keep } from '../chat/storage';

/** What the gateway writes into the loader, from the site's section of the config. */
export interface Settings {
  readonly site: string;
  /** Logical name → path relative to the loader's folder. */
  readonly assets: Readonly<Record<string, string>>;
  /** What is said before a chunk of the language is there, and the site's own words, in each language that the loader may choose. */
  readonly words: Readonly<Record<Language, Words>>;
  /** The one of them for who speaks none. */
  readonly fallback: Language;
  /** What the site's colours, sizes and places come to; see bridge/gateway/look.go. */
  readonly css?: string;
  /** The path of the launcher's drawing, in a square of 24. */
  readonly icon?: string;
  /** The picture in the window's head, relative to the host's base. */
  readonly avatar?: string;
  readonly position?: 'right' | 'left';
  readonly theme?: 'auto' | 'light' | 'dark';
  /** Chunks that look at each page from its start on: "triggers", "hide", "proactive". */
  readonly watch?: readonly string[];
  /** Where the site asks for consent: the hash of what there is to agree to, by the language of the words. */
  readonly consents?: Partial<Readonly<Record<Language, string>>>;
  /** Chunks that look at pages once it was given. */
  readonly gated?: readonly string[];
  /** Pages without a button; the patterns are as a trigger's. */
  readonly hide?: readonly string[];
  /** No sound tells of messages. */
  readonly quiet?: boolean;
  /** What the system's notifications say, where it is not all that was written: who wrote, or nothing, for there are none. */
  readonly notify?: 'name' | 'off';
  /** The window is all of its page, and always open. */
  readonly full?: boolean;
  /** What the bot's chains wait for on pages. */
  readonly triggers?: readonly Trigger[];
  /** What the site says first, in the order in which it is looked at. */
  readonly proactive?: readonly Proactive[];
  /** Whether a chain waits for the window to be opened. */
  readonly opened?: boolean;
  /** In the preview: what stands beside the talk at the moment that is looked at, in place of what the gateway tells. What is pressed in it goes nowhere. */
  readonly beside?: Beside | undefined;
}

/** See "beside" in bridge/gateway/preview.go. */
export interface Beside {
  readonly flow: object;
  readonly away?: object;
}

/** A page visit that a chain wants to know of, see bridge/gateway/wire. */
export interface Trigger {
  readonly key: string;
  /** The page's address, in which * stands for any characters; without a scheme, its path alone. */
  readonly url: string;
  /** How long the page has to be visible, in milliseconds. */
  readonly after?: number;
  readonly device?: 'desktop' | 'mobile';
  /** In a tab's life, or in this browser's; without it, at every visit. */
  readonly once?: 'visit' | 'visitor';
}

/** When a proactive message is shown, see bridge/gateway/proactive.go. */
export interface Proactive {
  readonly name: string;
  /** Patterns as a trigger's; without them, on all pages. */
  readonly pages?: readonly string[];
  /** How long the page has to be visible, in milliseconds. */
  readonly after?: number;
  /** Media queries, of which one has to hold. */
  readonly media?: string;
  readonly visitors: 'new' | 'returning' | 'all';
  /** In a tab's life, or in this browser's. */
  readonly once: 'visit' | 'visitor';
}

export interface Words {
  /** Where the language runs from. */
  readonly dir: 'ltr' | 'rtl';
  /** What the launcher is called, closed and open; a text that stands on it is in the first. */
  readonly open: string;
  readonly close: string;
  /** Before the number of unread messages, with the comma that parts it from what opens the window. */
  readonly unread: string;
  /** When the chat did not load. */
  readonly sorry: string;
  /** What is said beside the launcher, in a language that is not built in. */
  readonly near?: Near;
  readonly title?: string;
  readonly greeting?: string;
  /** The line below the title, until a person answers. */
  readonly team?: string;
  /** The words of the proactive messages, by their names. */
  readonly says?: Readonly<Record<string, string>>;
  /** What the visitor agrees to before anything is stored or sent. */
  readonly consent?: string;
  /** The page that says more about it. */
  readonly privacy?: string;
}

/** What is said of messages while the window is closed; the chunk of that has it in the built-in languages. */
export interface Near {
  readonly hide: string;
  readonly bot: string;
  readonly operator: string;
  /** In the title of a hidden tab: that one came, and several. */
  readonly one: string;
  readonly some: string;
}

/** A language of Settings.words: a BCP 47 tag in small letters. */
export type Language = string;

/** What the loader gives to the chunks that it imports, and where these keep what they share: a page may have several. */
export interface Host {
  /** The site's settings, with its words in the language. */
  readonly settings: Settings & Words;
  /** The site's public_url of the gateway, ending with a slash. */
  readonly base: string;
  readonly language: Language;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly api: Api;
  /** What the page called before there was anything to do it, until calls.ts does that. */
  q?: Queue | undefined;
  /** Ends when the page destroys the chat: whatever listens or waits on its behalf ends with it. */
  readonly life: AbortController;
  /** Brings the launcher back when the page drops it. */
  readonly observer: MutationObserver;
  /** Shows the number of unread messages on the launcher. */
  badge(unread: number): void;
  /** Where the visitor has yet to agree to what the site asks: says that it does. */
  readonly gate?: () => void;
  /** Opens or closes the window, as the launcher does; quietly, it leaves the focus where it is. */
  show(open: boolean, quiet?: boolean): unknown;

  keep?: Keep;
  /** Takes the window away for good; there once it was drawn. */
  clear?: () => void;
  session?: Session;
  /** What has to happen before a session connects; identity.ts sets it. */
  before?: () => Promise<unknown>;
  /** Shows beside the launcher, or in it, what is not read. */
  look?: () => void;
  /** What the page has said that its addresses are, by what the browser says; empty for no more than that. */
  said?: Record<string, string>;
  /** Whether the window was open when the page first wanted to hear of it: gate.ts sets it, which loads who tells only then. */
  wasOpen?: boolean;
  /** Called with each session; listeners.ts sets it. */
  began?: (session: Session) => void;
}

/** What the transport chunk exports for the loader. */
export interface TransportChunk {
  /** Connects; called again, it gives the same session. */
  start(this: void, host: Host): unknown;
}

/** What the chat chunk exports for the loader. */
export interface ChatChunk {
  /** Shows or hides the window, drawing it at the first time; quietly, it leaves the focus where it is. */
  show(host: Host, strings: unknown, open: boolean, quiet?: boolean): unknown;
}

/** What a chunk that looks at pages exports for the loader. */
export interface WatchChunk {
  watch(host: Host): void;
}

/** What the page may call, window.Anteroom; types/anteroom.d.ts says the same to site owners. */
export interface Anteroom {
  open(): Promise<void>;
  close(): Promise<void>;
  toggle(): Promise<void>;
  /** Shows the launcher, or hides it; the window stays as it is. */
  show(): Promise<void>;
  hide(): Promise<void>;
  /** Rejects with an Error that has the code of a public error. */
  identify(who: string | Who): Promise<void>;
  logout(): Promise<void>;
  /** What the page knows of its visitor, beside what it has set before. */
  set(variables: Variables): Promise<void>;
  /** Tells the bot's chains of something on the page; rejects if it cannot be told as it is. */
  event(name: string, data?: EventData): Promise<void>;
  page(where?: Where): Promise<void>;
  on<E extends keyof Events>(event: E, listener: Listener<E>): Promise<void>;
  off<E extends keyof Events>(event: E, listener?: Listener<E>): Promise<void>;
  /** Leaves nothing of the chat in the page; a tag that runs later begins anew. */
  destroy(): Promise<void>;
  /** The same for another site's chat on the page, once that is there. */
  site(name: string): Promise<Anteroom>;
}

/** The same with what is not for pages. */
export interface Api extends Anteroom {
  /** The chats on the page by their sites. */
  sites: Record<string, Api>;
  /** Only before the script is there. */
  readonly q?: Queue;
}
/** What the chunk of rare calls does. */
export type Rare = Exclude<keyof Api, 'open' | 'close' | 'toggle' | 'sites' | 'q'>;

/** What the lines that README.md gives to pages keep calls in. */
export interface Queue extends Iterable<Called> {
  push(called: Called): unknown;
}

/** A call with what settles its promise. */
export type Called = readonly [name: string, args: readonly unknown[], done: (value: unknown) => void, fail: (error: unknown) => void];

/** What a page can listen to, with what its listeners get. */
export interface Events {
  opened: void;
  closed: void;
  message: Said;
  /** How many messages wait to be read. */
  unread: number;
  rating: Rated;
  handoff: HandOff;
}
export type Listener<E extends keyof Events> = (told: Events[E]) => unknown;

/** A message that has come since the page listens. */
export interface Said {
  readonly id: string;
  readonly from: 'visitor' | 'operator' | 'bot';
  readonly name?: string;
  readonly text: string;
  /** The name of the file that it carries. */
  readonly file?: string;
  readonly at: Date;
}

/** The visitor has rated. */
export interface Rated {
  readonly value: number;
  /** The highest that was possible. */
  readonly max: number;
}

/** Who answers has changed: an operator has taken over, or the last one has left. */
export interface HandOff {
  readonly to: 'operator' | 'bot';
  readonly name?: string;
}

export type Variables = Readonly<Record<string, string | number | boolean>>;

/** Who sits before the chat: by a token that the site's server has signed, or as the page says. */
export interface Who {
  readonly token?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly locale?: string;
  readonly variables?: Variables;
}

/** Where the visitor is, in an app whose address does not tell; what is missing is the page's own. */
export interface Where {
  readonly url?: string;
  readonly title?: string;
}

/** What goes with an event of the page: at most 4 KiB of JSON. */
export type EventData = Variables;

/** What the chunk of rare calls exports for the loader. */
export interface CallsChunk {
  call(host: Host, name: Rare, args: readonly unknown[]): Promise<never>;
}
