/** What happened on a site in the last days (bridge/desk/api/openapi.yaml). */
export interface Stats {
  readonly since: string;
  readonly until: string;
  readonly days: number;
  /** Messages of visitors by hour of the day, in the site's time zone. */
  readonly hours: readonly number[];
  readonly by_day: readonly Day[];
  /** In seconds; null when nobody was answered. */
  readonly first_answer: { readonly median_s: number | null; readonly p90_s: number | null; readonly longest_s: number | null; readonly counted: number };
  readonly ratings: readonly { readonly score: number; readonly of: number; readonly count: number }[];
  /** On a scale of five; null when nobody rated. */
  readonly average_rating: number | null;
  /** From 0 to 1; null when nobody wrote. */
  readonly bot_share: number | null;
  /** Who said something to visitors, the busiest first. */
  readonly operators?: readonly { readonly id: string; readonly messages: number; readonly dialogs: number }[];
  readonly open: number;
  readonly waiting: number;
}

export interface Day {
  readonly day: string;
  readonly asked: number;
  readonly replied: number;
  readonly bot: number;
  readonly new: number;
  readonly closed: number;
}

/** What average_rating is out of. */
export const ratingScale = 5;
