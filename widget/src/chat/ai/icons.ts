export const sparkPath = 'M12 3.5l2 6.5 6.5 2-6.5 2-2 6.5-2-6.5-6.5-2 6.5-2z';
export const cutPath = 'M7 7h10v10H7z';
