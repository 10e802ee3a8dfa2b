/** Goes on in a task of its own: a slow phone would stand still in one long one. */
export const ownTask = (): Promise<void> => new Promise((begun) => void setTimeout(begun));
