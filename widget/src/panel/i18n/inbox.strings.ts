/** What the inbox and its charts say. */
export interface InboxStrings {
  readonly title: string;
}
