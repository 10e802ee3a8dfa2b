/** Drawings for Icon that only offers need. */
export const outPath = 'M13 5h6v6M19 5l-8.5 8.5M10 6H7a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2h9a2 2 0 0 0 2-2v-3';
export const nextPath = 'M9.5 6l6 6-6 6';
export const previousPath = 'M14.5 6l-6 6 6 6';
export const starPath = 'M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L3.6 9.7l5.8-.8z';
