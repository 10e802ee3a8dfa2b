// What a page may call of the chat: window.Anteroom, and what mount of the module returns.

interface Anteroom {
  open(): void;
  close(): void;
  toggle(): void;
  /** Says who sits there. With a token the rest is not looked at. Rejects with an Error that has a code. */
  identify(who: AnteroomWho): Promise<void>;
  /** The user has signed out: the next person at this browser begins with an empty chat. */
  logout(): Promise<void>;
  /** Where the visitor is, in an app whose address does not tell; until the address changes. */
  page(where?: { readonly url?: string; readonly title?: string }): Promise<void>;
  /** Tells the bot's chains of something on the page: a name of up to 64 characters, up to 4 KiB of data. */
  event(name: string, data?: Readonly<Record<string, string | number | boolean>>): Promise<void>;
}

interface AnteroomWho {
  readonly token?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly locale?: string;
  readonly variables?: Readonly<Record<string, string | number | boolean>>;
}

interface Window {
  /** There once the chat's script has run, or mount was called. */
  Anteroom?: Anteroom;
}

declare module 'https://chat.example.com/widget/shop.mjs' {
  /** Puts the chat's button into the page, once; called again, it gives the same chat. */
  export function mount(): Anteroom;
}
