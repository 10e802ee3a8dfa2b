/** Milliseconds in which another tab, where somebody looks at the message, says that it is read. */
export const grace = 300;

/** Waits so many milliseconds; in a hidden tab, up to a second longer. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, milliseconds);
  });
}
