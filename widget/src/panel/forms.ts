/**
 * The JSON forms of the REST API and of the live socket, as far as the panel
 * reads them; bridge/desk/api/openapi.yaml tells what each field means. A time
 * is RFC 3339 in UTC.
 */

export interface Contact {
  readonly id: string;
  readonly number: number;
  readonly name: string;
  readonly named_by: 'bridge' | 'browser' | 'bot' | 'page' | 'operator';
  readonly email: string;
  readonly phone: string;
  readonly company: string;
  readonly note: string;
  readonly tags: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  /** Who gave each variable its value. */
  readonly variables_by?: Readonly<Record<string, string>>;
  readonly subject?: string;
  readonly language: string;
  readonly place: string;
  readonly country?: string;
  readonly country_code: string;
  readonly time_zone?: string;
  readonly browser: string;
  readonly page: Page;
  /** The address where the chat was opened first. */
  readonly first_page?: string;
  /** The UTM marks of that address. */
  readonly campaign?: string;
  readonly visits?: number;
  readonly online: boolean;
  readonly connections?: number;
  readonly created_at: string;
  readonly seen_at: string;
  readonly dialog: Dialog;
  /** A link that any Matrix client opens. */
  readonly room: string;
  /** The last word said, for lists. */
  readonly last_message?: LastMessage | null;
  readonly before?: readonly Related[];
  readonly after?: readonly Related[];
  readonly unsubscribed?: boolean;
  readonly address_blocked?: boolean;
  /** These three of a contact alone, and not in lists. */
  readonly mails?: Mails;
  readonly consents?: readonly Consent[];
  readonly forms?: readonly Filled[];
}

export interface Mails {
  readonly state: '' | 'unknown' | 'on' | 'off' | 'unsubscribed';
  readonly to: string;
  readonly last_at: string | null;
  readonly last_state?: 'pending' | 'done' | 'failed';
}

export interface Consent {
  readonly at: string;
  readonly hash: string;
  readonly current: boolean;
}

/** What a visitor filled in. */
export interface Filled {
  readonly at: string;
  readonly form: 'start' | 'handoff' | 'away';
  readonly answers: readonly { readonly name: string; readonly label: string; readonly value: string }[];
}

export interface Page {
  readonly url: string;
  readonly title: string;
  readonly referrer: string;
}

export interface LastMessage {
  readonly at: string;
  readonly party: 'visitor' | 'operator' | 'bot';
  readonly text: string;
  readonly file: boolean;
}

/** Another dialog of the same person. */
export interface Related {
  readonly id: string;
  readonly number: number;
  readonly name: string;
}

export interface Dialog {
  readonly status: 'new' | 'open' | 'closed';
  readonly opened_at: string | null;
  readonly closed_at: string | null;
  readonly waiting_since: string | null;
  readonly assignee: string;
  readonly blocked: boolean;
  readonly bot: Bot;
  readonly rating: { readonly score: number; readonly of: number; readonly word?: string } | null;
  readonly answer: '' | 'pending' | 'delivered' | 'read';
  readonly unread?: number;
}

export interface Bot {
  readonly on: boolean;
  readonly until: string | null;
  /** What of it runs or waits now. */
  readonly doing?: Doing | null;
  /** True when it was silenced in the middle of something. */
  readonly can_continue?: boolean;
}

/** A step of a chain, or an assistant. */
export interface Doing {
  readonly chain?: string;
  readonly step?: string;
  readonly title?: string;
  readonly assistant?: string;
}

export interface Visit {
  readonly at: string;
  readonly url: string;
  readonly title: string;
}

export interface Site {
  readonly id: string;
  readonly name: string;
  readonly language: string;
  readonly time_zone: string;
  readonly operators: readonly { readonly id: string; readonly away: boolean }[];
  readonly bot: boolean;
  readonly chains: readonly { readonly name: string; readonly title?: string }[];
  readonly assistants: readonly string[];
  readonly pipelines: readonly Pipeline[];
  readonly currency?: string;
  readonly tags: readonly string[];
  readonly me: { readonly operator: string | null };
  readonly desk_room: string;
}

export interface Pipeline {
  readonly id: string;
  readonly name: string;
  readonly stages: readonly { readonly id: string; readonly name: string }[];
}

export interface Amount {
  /** A decimal number, "1200.50". */
  readonly value: string;
  readonly currency?: string;
}

export interface Deal {
  readonly number: number;
  readonly title: string;
  readonly amount: Amount | null;
  readonly pipeline: string;
  readonly stage: string;
  readonly status: 'open' | 'won' | 'lost';
  readonly created_at: string;
  readonly changed_at: string;
  readonly closed_at: string | null;
  readonly history?: readonly DealStep[];
}

export interface DealStep {
  readonly at: string;
  readonly by: string;
  readonly what: 'created' | 'title' | 'amount' | 'stage' | 'status';
  readonly was: string;
  readonly becomes: string;
}

/** What is absent stays as it is. */
export interface DealChange {
  readonly title?: string;
  readonly amount?: Amount | null;
  readonly pipeline?: string;
  readonly stage?: string;
  readonly status?: Deal['status'];
}

/** What is absent stays as it is; null takes a value away. */
export interface ContactChange {
  readonly name?: string;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly company?: string | null;
  readonly note?: string | null;
}

export interface DialogChange {
  readonly status?: 'open' | 'closed';
  readonly assignee?: string | null;
  readonly blocked?: boolean;
  readonly address_blocked?: boolean;
  readonly bot?: { readonly on: boolean; readonly minutes?: number; readonly continue?: boolean };
}

export interface List<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** What a room is, for the panel beside it. */
export type RoomKind = { readonly kind: 'desk' } | { readonly kind: 'dialog'; readonly contact: string };

/** What the live socket says. */
export type LiveFrame =
  | { readonly type: 'ready' | 'refresh' }
  | { readonly type: 'contact'; readonly contact: Contact }
  | { readonly type: 'typing'; readonly contact: string; readonly on: boolean }
  | { readonly type: 'changed'; readonly contacts: readonly Contact[] }
  | { readonly type: 'gone'; readonly contact: string }
  | { readonly type: 'end'; readonly code: string; readonly detail?: string };
