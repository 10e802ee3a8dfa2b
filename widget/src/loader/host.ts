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
  /** Chunks that look at each page from its start on: "triggers", "hide". */
  readonly watch?: readonly string[];
  /** Where the site asks for consent: the hash of what there is to agree to, by the language of the words. */
  readonly consents?: Partial<Readonly<Record<Language, string>>>;
  /** Chunks that look at pages once it was given. */
  readonly gated?: readonly string[];
  /** Pages without a button; the patterns are as a trigger's. */
  readonly hide?: readonly string[];
  /** No sound tells of messages. */
  readonly quiet?: boolean;
  /** The window is all of its page, and always open. */
  readonly full?: boolean;
  /** What the bot's chains wait for on pages. */
  readonly triggers?: readonly Trigger[];
  /** Whether a chain waits for the window to be opened. */
  readonly opened?: boolean;
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

export interface Words {
  /** Where the language runs from. */
  readonly dir: 'ltr' | 'rtl';
  /** What the launcher is called, closed and open; a text that stands on it is in the first. */
  readonly open: string;
  readonly close: string;
  /** Before the number of unread messages. */
  readonly unread: string;
  /** When the chat did not load. */
  readonly sorry: string;
  /** What is said beside the launcher, in a language that is not built in. */
  readonly near?: Near;
  readonly title?: string;
  readonly greeting?: string;
  /** The line below the title, until a person answers. */
  readonly team?: string;
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

/** What the loader gives to the chunks that it imports. */
export interface Host {
  /** The site's settings, with its words in the language. */
  readonly settings: Settings & Words;
  /** The site's public_url of the gateway, ending with a slash. */
  readonly base: string;
  readonly language: Language;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  /** Shows the number of unread messages on the launcher. */
  badge(unread: number): void;
  /** Where the visitor has yet to agree to what the site asks: says that it does. */
  readonly gate?: () => void;
  /** Opens or closes the window, as the launcher does; quietly, it leaves the focus where it is. */
  show(open: boolean, quiet?: boolean): unknown;
}

/** What the transport chunk exports for the loader. */
export interface TransportChunk {
  /** Connects; called again, it gives the same session. */
  start(host: Host): unknown;
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

/** What the page may call beside opening and closing; README.md of the project tells site owners of it. */
export interface Calls {
  /** Rejects with an Error that has the code of a public error. */
  identify(who: Who): Promise<void>;
  logout(): Promise<void>;
  page(where?: Where): Promise<void>;
  /** Tells the bot's chains of something on the page; rejects if it cannot be told as it is. */
  event(name: string, data?: EventData): Promise<void>;
}
export type Call = keyof Calls;

/** Who sits before the chat: by a token that the site's server has signed, or as the page says. */
export interface Who {
  readonly token?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly locale?: string;
  readonly variables?: Readonly<Record<string, string | number | boolean>>;
}

/** Where the visitor is, in an app whose address does not tell; what is missing is the page's own. */
export interface Where {
  readonly url?: string;
  readonly title?: string;
}

/** What goes with an event of the page: at most 4 KiB of JSON. */
export type EventData = Readonly<Record<string, string | number | boolean>>;

/** What the chunk of rare calls exports for the loader: Calls for a host. */
export type CallsChunk = Readonly<Record<Call, (host: Host, said: unknown, more: unknown) => Promise<void>>>;
