/** Drawings for Icon of what is said aloud. */
export const micPath = 'M12 14.5a3 3 0 0 0 3-3v-5a3 3 0 0 0-6 0v5a3 3 0 0 0 3 3zM6 11.5a6 6 0 0 0 12 0M12 17.5V21';
export const playPath = 'M8 5.5v13l10.5-6.5z';
export const pausePath = 'M8.5 6v12M15.5 6v12';
export const stopPath = 'M7 7h10v10H7z';
export const binPath = 'M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 10.5v5.5M13.7 10.5v5.5';
