/** The window in the chat's place, as far as the gate shows it. */
export const show = async (host) => globalThis.shownBy(host);
