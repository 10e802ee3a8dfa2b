import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** So many lines, and so many characters of each. */
const shown = { lines: 15, length: 400 };

/** The last lines that the bridge and the homeserver logged. */
export async function lastLines(dir: string): Promise<string> {
  const parts = ['anteroom.log', join('dendrite', 'dendrite.log')].map(async (name) => {
    const text = await readFile(join(dir, name), 'utf8').catch(() => '(nothing)');
    const lines = text.trimEnd().split('\n').slice(-shown.lines);
    return [`--- ${name}`, ...lines.map((line) => line.slice(0, shown.length))].join('\n');
  });
  return (await Promise.all(parts)).join('\n');
}
