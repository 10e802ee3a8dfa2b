/** What is said around files before they are on their way; loaded with the first of them. */
export interface FileWords {
  /** Where a phone may take files from. */
  readonly camera: string;
  readonly photos: string;
  readonly gallery: string;
  readonly browse: string;
  /** What may be sent, before anything is chosen: how many at once, how large, of what kinds. */
  readonly limits: (count: number, size: string, kinds: string) => string;
  /** Kinds of files that a site accepts; of others the end of their names is told. The last is for a site that names none. */
  readonly kinds: Readonly<Record<'image' | 'video' | 'audio' | 'text' | 'any', string>>;
  readonly refused: (n: number) => string;
  /** Why files of one batch are not sent, and what can be done. */
  readonly tooLarge: (limit: string) => string;
  readonly badType: (kinds: string) => string;
  readonly tooMany: (count: number) => string;
  readonly sendRest: (n: number) => string;
  /** Over pictures that could be smaller. */
  readonly large: (n: number) => string;
  readonly preparing: string;
  readonly smaller: (from: string, to: string) => string;
  readonly original: (size: string) => string;
  /** Of a picture that is over the limit as it is. */
  readonly onlySmaller: string;
  /** What a smaller picture does not tell any more. */
  readonly noPlace: string;
  readonly leaveOut: (name: string) => string;
}
