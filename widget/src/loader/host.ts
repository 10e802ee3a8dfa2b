/** What the gateway writes into the loader, from the site's section of the config. */
export interface Settings {
  readonly site: string;
  /** Logical name → path relative to the loader's folder. */
  readonly assets: Readonly<Record<string, string>>;
  readonly language?: 'auto' | Language;
  /** The site's own words, in each language that the loader may choose; without them the widget has its own. */
  readonly words?: Partial<Readonly<Record<Language, Words>>>;
  /** #rgb or #rrggbb. */
  readonly color?: string;
  readonly position?: 'right' | 'left';
  readonly theme?: 'auto' | 'light' | 'dark';
}

export interface Words {
  readonly title?: string;
  readonly greeting?: string;
}

export type Language = 'en' | 'ru';

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
  /** Asks for the window to be closed, as the launcher does. */
  close(): void;
}

/** What the transport chunk exports for the loader. */
export interface TransportChunk {
  /** Connects; called again, it gives the same session. */
  start(host: Host): unknown;
}

/** What the chat chunk exports for the loader. */
export interface ChatChunk {
  /** Shows or hides the window, drawing it at the first time; quietly, it leaves the focus where it is. */
  show(host: Host, strings: unknown, open: boolean, quiet?: boolean): void;
}
