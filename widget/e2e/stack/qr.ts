import type { Locator } from 'playwright-core';

/** The dark modules of a code, line by line. */
type Modules = readonly (readonly boolean[])[];

/** A code as it is seen: its modules, and how many of them fit into the narrowest white edge around it. */
export interface Seen {
  readonly modules: Modules;
  readonly quiet: number;
}

/**
 * Looks at a picture of a code as a scanner does: the width of the finder pattern in its
 * upper left corner, seven modules, tells how large a module is.
 */
export async function see(picture: Locator): Promise<Seen> {
  return picture.evaluate((image: HTMLImageElement) => {
    const side = 1000;
    const canvas = new OffscreenCanvas(side, side);
    const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
    // What is clear is not white: on a dark page nobody would read it.
    context.fillStyle = '#000';
    context.fillRect(0, 0, side, side);
    context.drawImage(image, 0, 0, side, side);
    const { data } = context.getImageData(0, 0, side, side);
    const isDark = (x: number, y: number): boolean => (data[4 * (Math.floor(y) * side + Math.floor(x))] ?? 0) < 128;
    const all = Array.from({ length: side }, (_, i) => i);
    const lines = all.filter((y) => all.some((x) => isDark(x, y)));
    const columns = all.filter((x) => all.some((y) => isDark(x, y)));
    const [top = 0, left = 0] = [lines[0], columns[0]];
    const [bottom = 0, right = 0] = [lines.at(-1), columns.at(-1)];
    const finder = all.slice(left).findIndex((x) => !isDark(x, top + 1));
    const size = Math.round((right + 1 - left) / (finder / 7));
    const module = (right + 1 - left) / size;
    const centre = (i: number): number => (i + 0.5) * module;
    const indices = Array.from({ length: size }, (_, i) => i);
    return {
      modules: indices.map((y) => indices.map((x) => isDark(left + centre(x), top + centre(y)))),
      quiet: Math.round(Math.min(left, top, side - 1 - right, side - 1 - bottom) / module),
    };
  });
}

/** Blocks of level Q by the version of the code, and the bytes of each that are no correction (ISO/IEC 18004 table 9). */
const blocks: Readonly<Record<number, readonly [number, number]>> = { 1: [1, 13], 2: [1, 22], 3: [2, 17], 4: [2, 24] };

/** What turns modules round, by the number of the mask; row and column count from 0 (section 7.8.2). */
const masks: readonly ((row: number, column: number) => boolean)[] = [
  (i, j) => (i + j) % 2 === 0,
  (i) => i % 2 === 0,
  (_, j) => j % 3 === 0,
  (i, j) => (i + j) % 3 === 0,
  (i, j) => (Math.floor(i / 2) + Math.floor(j / 3)) % 2 === 0,
  (i, j) => ((i * j) % 2) + ((i * j) % 3) === 0,
  (i, j) => (((i * j) % 2) + ((i * j) % 3)) % 2 === 0,
  (i, j) => (((i + j) % 2) + ((i * j) % 3)) % 2 === 0,
];

/** The text of a small code of level Q in bytes, none of whose modules is wrong: it corrects nothing. */
export function read(modules: Modules): string {
  const size = modules.length;
  const version = (size - 17) / 4;
  const dark = (row: number, column: number): boolean => modules[row]?.[column] ?? false;
  const [count, each] = blocks[version] ?? [0, 0];
  // What the format is written with stands beside the finder pattern, and is masked itself.
  const format = [0, 1, 2, 3, 4].reduce((bits, column) => 2 * bits + Number(dark(8, column)), 0) ^ 0b10101;
  const mask = masks[format & 7];
  if (!count || format >> 3 !== 0b11 || !mask) throw new Error(`This reads no code of ${size} modules with the format ${format}.`);

  /** Modules that are no data: finders with the format, timing, and from version 2 on one pattern of alignment. */
  const isFixed = (row: number, column: number): boolean =>
    (row < 9 && (column < 9 || column >= size - 8)) || (row >= size - 8 && column < 9) || row === 6 || column === 6 || (version > 1 && Math.abs(row - size + 7) < 3 && Math.abs(column - size + 7) < 3);
  const bits: number[] = [];
  let up = true;
  // Two columns at a time from the right, up and down by turns, past the timing.
  for (let right = size - 1; right > 0; right -= right === 8 ? 3 : 2) {
    for (let i = 0; i < size; i++) {
      const row = up ? size - 1 - i : i;
      for (const column of [right, right - 1]) if (!isFixed(row, column)) bits.push(Number(dark(row, column) !== mask(row, column)));
    }
    up = !up;
  }
  const number = (from: number, length: number, of = bits): number => of.slice(from, from + length).reduce((n, bit) => 2 * n + bit, 0);
  // The blocks take turns.
  const bytes = Array.from({ length: count }, (_, block) => Array.from({ length: each }, (_none, i) => number(8 * (i * count + block), 8))).flat();
  const data = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1));
  if (number(0, 4, data) !== 0b0100) throw new Error('The code is not of bytes.');
  return Buffer.from(Array.from({ length: number(4, 8, data) }, (_, i) => number(12 + 8 * i, 8, data))).toString('utf8');
}
