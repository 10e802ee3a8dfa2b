/** Whether it runs from right to left. Chrome before 120 knows no `:dir()`. */
export const isRTL = (e: Element | null): boolean => !!e && getComputedStyle(e).direction === 'rtl';
