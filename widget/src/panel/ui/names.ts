/** The part of a Matrix user's id that people call them by: "@anna:example.com" is "anna". */
export function nameOf(user: string): string {
  return /^@([^:]+)/.exec(user)?.[1] ?? user;
}
