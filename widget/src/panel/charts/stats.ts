/** What happened on a site in the last days (bridge/desk/api/openapi.yaml). */
export interface Stats {
  readonly since: string;
  readonly until: string;
  readonly days: number;
  /** Messages of visitors by hour of the day, in the site's time zone. */
  readonly hours: readonly number[];
  readonly by_day: readonly Day[];
  readonly first_answer: { readonly median_s: number; readonly p90_s: number; readonly longest_s: number; readonly counted: number };
  readonly ratings: readonly { readonly score: number; readonly of: number; readonly count: number }[];
  /** On a scale of five; null when nobody rated. */
  readonly average_rating: number | null;
  /** From 0 to 1; null when nobody wrote. */
  readonly bot_share: number | null;
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
