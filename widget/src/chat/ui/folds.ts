/** Longer texts of operators are folded: code points, lines. */
export const foldAt = { length: 640, lines: 14 };
