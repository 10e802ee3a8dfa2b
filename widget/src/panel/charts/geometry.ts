/** Where a part of a column stands, in percent of the picture's height, from above. */
export interface Part {
  readonly y: number;
  readonly height: number;
}

export interface Scale {
  /** What the top line stands for. */
  readonly top: number;
  /** What each line stands for, from 0 to top. */
  readonly lines: readonly number[];
}

const steps = [1, 2, 5];

/** Few lines at round numbers, the last not under the highest value; whole numbers, as these are counts. */
export function scale(highest: number, most = 4): Scale {
  const high = Number.isFinite(highest) ? Math.max(1, Math.ceil(highest)) : 1;
  for (let power = 1; ; power *= 10) {
    const step = steps.map((n) => n * power).find((n) => Math.ceil(high / n) <= most);
    if (step === undefined) continue;
    const count = Math.ceil(high / step);
    return { top: count * step, lines: Array.from({ length: count + 1 }, (_, i) => i * step) };
  }
}

/** The parts of a column that stand on each other, the first at the bottom. */
export function stack(values: readonly number[], top: number): Part[] {
  let base = 0;
  return values.map((value) => {
    const height = (Math.max(0, value) / top) * 100;
    base += height;
    return { y: 100 - base, height };
  });
}

/** Which columns are named under the picture, so that at most so many are: the first, and then each so many. */
export function named(count: number, most: number): number {
  const every = Math.max(1, Math.ceil(count / Math.max(1, most)));
  // Hours are read in parts of a day.
  return count === 24 ? ([1, 2, 3, 4, 6, 12, 24].find((n) => n >= every) ?? 24) : every;
}

/** The column under a place that is so many of the width from the left. */
export function columnAt(x: number, width: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor((x / Math.max(1, width)) * count)));
}
