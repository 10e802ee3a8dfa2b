/** What pages of an origin tell each other by; none in browsers without it, and in Firefox where it stores nothing: that throws. */
export function channel(name: string): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}
