/** Waits so many milliseconds; in a hidden tab, up to a second longer. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
  });
}
