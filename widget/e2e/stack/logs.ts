import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const shown = 15;

/** The last lines that the bridge and the homeserver logged. */
export async function lastLines(dir: string): Promise<string> {
  const parts = ['anteroom.log', join('dendrite', 'dendrite.log')].map(async (name) => {
    const text = await readFile(join(dir, name), 'utf8').catch(() => '(nothing)');
    return `--- ${name}\n${text.trimEnd().split('\n').slice(-shown).join('\n')}`;
  });
  return (await Promise.all(parts)).join('\n');
}
