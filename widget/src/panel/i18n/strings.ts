import type { Contact, Deal, DealStep, Filled, Mails } from '../forms';
import type { InboxStrings } from './inbox.strings';

/** What the panel says, in one language. */
export interface Strings {
  readonly tag: 'en' | 'ru';
  readonly inbox: InboxStrings;
  readonly signIn: SignInStrings;
  readonly card: CardStrings;
  readonly deals: DealStrings;
  readonly loading: string;
  readonly retry: string;
  readonly back: string;
  readonly signOut: string;
  readonly save: string;
  readonly cancel: string;
  readonly saving: string;
  readonly saved: string;
  readonly close: string;
  readonly newTab: string;
  /** On the button of an empty field, whose name stands before it. */
  readonly addShort: string;
  /** Unfolds a long text, and folds it again. */
  readonly fullText: string;
  readonly disconnected: string;
  /** The bridge takes no more live links of this operator. */
  readonly tooMany: string;
  readonly chooseSomebody: string;
  /** By the code of a problem; those without words are told by the bridge's own. */
  readonly problems: Readonly<Record<string, string>> & { readonly internal: string };
}

export interface SignInStrings {
  readonly title: string;
  readonly asking: string;
  readonly confirm: string;
  readonly byClient: string;
  readonly byLink: string;
  readonly link: string;
  readonly again: string;
  /** Of a link that would sign in another than who is here. */
  readonly offered: string;
  readonly goOn: (who: string) => string;
  readonly stay: (who: string) => string;
  /** By the code of the problem that kept somebody out. */
  readonly out: Readonly<Record<string, string>>;
}

export interface CardStrings {
  readonly online: string;
  readonly offline: string;
  readonly lastSeen: (ago: string) => string;
  readonly typing: string;
  readonly name: string;
  readonly openRoom: string;
  readonly gone: string;
  readonly status: Readonly<Record<Contact['dialog']['status'], string>>;
  readonly blocked: string;
  readonly waiting: (span: string) => string;
  readonly unread: (n: number) => string;
  readonly rating: (score: number, of: number) => string;
  readonly answer: Readonly<Record<'pending' | 'delivered' | 'read', string>>;
  readonly lastAnswer: string;

  readonly visitor: string;
  readonly page: string;
  readonly lastPage: string;
  readonly onPage: (span: string) => string;
  readonly place: string;
  readonly device: string;
  readonly language: string;
  readonly referrer: string;
  readonly campaign: string;
  readonly firstPage: string;
  readonly visited: (n: number) => string;
  readonly firstSeen: string;
  readonly userID: string;
  /** By when they were asked. */
  readonly forms: Readonly<Record<Filled['form'], string>>;
  readonly mails: string;
  readonly mailing: Readonly<Record<Mails['state'], string>>;
  /** What became of the last one, after its time. */
  readonly mailed: Readonly<Record<'pending' | 'done' | 'failed', string>>;
  readonly consent: string;
  readonly olderText: string;
  readonly unsubscribed: string;
  readonly addressBlocked: string;
  readonly earlier: string;
  readonly later: string;
  readonly trail: string;
  readonly trailEmpty: string;

  readonly operator: string;
  readonly nobody: string;
  readonly you: string;
  readonly away: string;
  readonly take: string;
  readonly free: string;
  readonly assign: string;
  readonly giveTo: string;

  readonly bot: string;
  readonly botOn: string;
  readonly botOff: string;
  readonly until: (at: string) => string;
  readonly botChain: (chain: string) => string;
  readonly botAssistant: (name: string) => string;
  readonly pauseFor: string;
  readonly goOn: string;
  readonly assistant: (name: string) => string;
  readonly handed: (title: string) => string;
  readonly unblockAddress: string;
  readonly pauses: Readonly<Record<'15' | '60' | '480' | 'close', string>>;
  readonly runChain: string;
  readonly chooseChain: string;
  readonly run: string;
  readonly chainStarted: (chain: string) => string;

  readonly tags: string;
  readonly addTag: string;
  readonly removeTag: (tag: string) => string;

  readonly variables: string;
  readonly addVariable: string;
  readonly variableName: string;
  readonly variableValue: string;
  readonly variableType: string;
  readonly types: Readonly<Record<'text' | 'number' | 'yesno' | 'date' | 'link', string>>;
  readonly yes: string;
  readonly no: string;
  readonly editVariable: (name: string) => string;
  readonly removeVariable: (name: string) => string;
  readonly remove: string;
  readonly noVariableName: string;
  readonly notOfKind: Readonly<Record<'text' | 'number' | 'yesno' | 'date' | 'link', string>>;
  readonly setBy: (who: string) => string;
  readonly sources: Readonly<Record<string, string>>;

  readonly contact: string;
  readonly email: string;
  readonly phone: string;
  readonly company: string;
  readonly note: string;
  /** Of a value that the bridge refuses. */
  readonly bad: Readonly<Record<'email' | 'phone' | 'company' | 'note', string>>;
  readonly add: (field: string) => string;
  readonly edit: (field: string) => string;
  readonly changedMeanwhile: (value: string) => string;
  readonly clearedMeanwhile: string;
  readonly takeNew: string;

  readonly actions: string;
  readonly closeDialog: string;
  readonly reopen: string;
  readonly block: string;
  readonly unblock: string;
  readonly blockSure: string;
  readonly export: string;
  readonly exported: string;
  readonly forget: string;
  readonly forgetTitle: (name: string) => string;
  readonly forgetWhat: string;
  readonly forgetNumber: (n: number) => string;
  readonly forgetWrong: (n: number) => string;
  readonly forgetNow: string;

  readonly said: SaidStrings;
}

/** What was done, for who cannot see it. */
export interface SaidStrings {
  readonly closed: string;
  readonly opened: string;
  readonly blocked: string;
  readonly unblocked: string;
  readonly assigned: (who: string) => string;
  readonly freed: string;
  readonly botOn: string;
  readonly botOff: string;
  readonly tagAdded: (tag: string) => string;
  readonly tagRemoved: (tag: string) => string;
}

export interface DealStrings {
  readonly title: string;
  readonly none: string;
  readonly add: string;
  readonly name: string;
  readonly amount: string;
  readonly currency: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly statusLabel: string;
  readonly status: Readonly<Record<Deal['status'], string>>;
  readonly edit: (title: string) => string;
  readonly history: string;
  readonly noTitle: string;
  readonly badAmount: string;
  readonly badCurrency: string;
  readonly changedMeanwhile: string;
  readonly step: (step: DealStep, shown: { was: string; becomes: string }) => string;
  readonly more: (n: number) => string;
}
