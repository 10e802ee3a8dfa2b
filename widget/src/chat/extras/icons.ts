/** Drawings for Icon that only the parts here need. */
export const downPath = 'M6 9l6 6 6-6';
export const filePath = 'M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8zM14 3v5h5';
export const pinPath = 'M12 21s7-6.3 7-11.5a7 7 0 0 0-14 0C5 14.7 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z';
export const replyPath = 'M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6v1';
