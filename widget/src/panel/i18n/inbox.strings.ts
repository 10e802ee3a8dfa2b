import type { Forms } from '../inbox/figures';
import type { Sort, View } from '../inbox/filter';

/** What the inbox says. */
export interface InboxStrings {
  readonly title: string;
  /** The parts of the inbox, as tabs. */
  readonly parts: Readonly<Record<'dialogs' | 'deals' | 'figures', string>>;
  readonly search: string;
  /** What the search looks in, within its field. */
  readonly searchIn: string;
  readonly clear: string;
  readonly show: string;
  readonly views: Readonly<Record<View, string>>;
  readonly options: string;
  readonly tag: string;
  readonly anyTag: string;
  readonly sort: string;
  readonly sorts: Readonly<Record<Sort, string>>;
  readonly csv: string;
  readonly csvWorking: string;
  readonly csvDone: string;
  readonly csvFailed: string;
  readonly list: string;
  readonly listKeys: string;
  readonly loading: string;
  readonly more: string;
  readonly moreFailed: string;
  readonly fresh: Forms;
  readonly nameless: (number: number) => string;
  readonly online: string;
  readonly unread: Forms;
  readonly waiting: (span: string) => string;
  readonly closed: string;
  readonly blocked: string;
  readonly left: string;
  readonly mine: string;
  readonly operatorWrote: string;
  readonly botWrote: string;
  readonly file: string;
  readonly nothingSaid: string;
  readonly room: (name: string) => string;
  readonly pick: (name: string) => string;
  readonly pickAll: string;
  readonly picked: Forms;
  readonly unpick: string;
  readonly act: string;
  readonly acts: Readonly<Record<'tag' | 'untag' | 'assignee' | 'closed', string>>;
  readonly operator: string;
  readonly nobody: string;
  readonly apply: string;
  readonly applying: (done: string, all: string) => string;
  readonly noTag: string;
  readonly longTag: string;
  readonly done: Forms;
  readonly undone: Forms;
  readonly undoneMore: Forms;
  readonly rest: (problem: string) => string;
  readonly dismiss: string;
  readonly empty: Readonly<Record<View, string>>;
  readonly emptyWhy: string;
  readonly nothing: string;
  readonly nothingWhy: string;
  readonly resetFilter: string;
  readonly failed: string;
}

/** What the summary of deals and the figures say; they come with these views. */
export interface FigureStrings {
  readonly deals: {
    readonly stage: string;
    readonly count: string;
    readonly sum: string;
    readonly of: Readonly<Record<'open' | 'won' | 'lost', string>>;
    readonly none: string;
    readonly noneWhy: string;
    readonly back: string;
    readonly empty: string;
    readonly gonePipeline: string;
  };
  readonly stats: {
    readonly span: string;
    readonly days: Forms;
    readonly now: string;
    readonly open: string;
    readonly waiting: string;
    readonly opened: string;
    readonly closed: string;
    readonly firstAnswer: string;
    readonly median: string;
    readonly p90: string;
    readonly longest: string;
    readonly counted: Forms;
    readonly noAnswers: string;
    readonly botShare: string;
    readonly botWhat: string;
    readonly noDialogs: string;
    readonly ratings: string;
    readonly average: (score: string, of: string) => string;
    readonly rated: Forms;
    readonly noRatings: string;
    readonly score: (score: string, of: string) => string;
    readonly byHour: string;
    readonly byHourWhat: (zone: string) => string;
    readonly byDay: string;
    readonly byDayWhat: string;
    readonly hour: string;
    readonly day: string;
    readonly asked: string;
    readonly replied: string;
    readonly bot: string;
    readonly messages: Forms;
    readonly table: string;
    readonly keys: string;
    readonly most: (what: string, where: string) => string;
    readonly nothing: string;
    readonly operators: string;
    readonly operator: string;
    readonly written: string;
    readonly dialogs: string;
  };
}
