// What a page may call of the chat: window.Anteroom, and what mount of the module returns.
// Each call returns a promise; it rejects with an Error that says in a sentence what was wrong.

interface Anteroom {
  /** Resolves also where the window's code did not load: the button says so then. */
  open(): Promise<void>;
  close(): Promise<void>;
  toggle(): Promise<void>;
  /** Shows the button; the window is as it was. */
  show(): Promise<void>;
  /** Hides the button and what stands beside it; the window is as it was. */
  hide(): Promise<void>;
  /** Says who sits there: by a token, alone or as a field, beside which the rest is not looked at. The Error has a code. */
  identify(who: string | AnteroomWho): Promise<void>;
  /** The user has signed out: the next person at this browser begins with an empty chat. */
  logout(): Promise<void>;
  /** What the page knows of its visitor, beside what it has set before; operators and the bot see it. */
  set(variables: AnteroomVariables): Promise<void>;
  /** Tells the bot's chains of something on the page: a name of up to 64 characters, up to 4 KiB of data. */
  event(name: string, data?: AnteroomVariables): Promise<void>;
  /** Where the visitor is, in an app whose address does not tell; until the address changes. */
  page(where?: { readonly url?: string; readonly title?: string }): Promise<void>;
  /** From now on the listener is called; the same one twice is one. */
  on<E extends keyof AnteroomEvents>(event: E, listener: (told: AnteroomEvents[E]) => unknown): Promise<void>;
  /** Takes the listener off; without one, all of the event. */
  off<E extends keyof AnteroomEvents>(event: E, listener?: (told: AnteroomEvents[E]) => unknown): Promise<void>;
  /** Takes the chat off the page, and leaves nothing there. Its script, run again, begins anew. */
  destroy(): Promise<void>;
  /** The calls of another site's chat on the page, as soon as its script has run. */
  site(name: string): Promise<Anteroom>;
}

type AnteroomVariables = Readonly<Record<string, string | number | boolean>>;

interface AnteroomEvents {
  opened: void;
  closed: void;
  /** A message that has come since the page listens, also the visitor's own. */
  message: {
    readonly id: string;
    readonly from: 'visitor' | 'operator' | 'bot';
    readonly name?: string;
    readonly text: string;
    /** The name of the file that it carries. */
    readonly file?: string;
    readonly at: Date;
  };
  /** How many messages wait to be read; told when that changes, from 0. */
  unread: number;
  /** The visitor has rated, of at most so many. */
  rating: { readonly value: number; readonly max: number };
  /** An operator answers now, or the last one has left. */
  handoff: { readonly to: 'operator' | 'bot'; readonly name?: string };
}

interface AnteroomWho {
  readonly token?: string;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  readonly locale?: string;
  readonly variables?: AnteroomVariables;
}

interface Window {
  /** There once the chat's script has run, or mount was called; of several chats on a page the first one's. */
  Anteroom?: Anteroom;
}

declare module 'https://chat.example.com/widget/shop.mjs' {
  /** Puts the chat's button into the page, once; called again, it gives the same chat. */
  export function mount(): Anteroom;
}
