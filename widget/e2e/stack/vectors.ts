import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** A vector of bridge/bridgetest/xss: its class, its name there, and what is written. */
export interface Vector {
  readonly group: string;
  readonly name: string;
  readonly text: string;
}

/** All vectors, in the file's order. */
export async function vectors(): Promise<readonly Vector[]> {
  const groups = JSON.parse(await readFile('../bridge/bridgetest/xss/vectors.json', 'utf8')) as Record<string, Record<string, string>>;
  return Object.entries(groups).flatMap(([group, all]) => Object.entries(all).map(([name, text]) => ({ group, name, text })));
}

/** Their texts by lines, in messages of at most so many characters; a longer one is a message of its own. */
export function packed(all: readonly Vector[], most: number): string[] {
  const messages: string[] = [];
  for (const { text } of all) {
    const last = messages.at(-1);
    if (last !== undefined && [...last].length + 1 + [...text].length <= most) messages[messages.length - 1] = `${last}\n${text}`;
    else messages.push(text);
  }
  return messages;
}

/** Ends what a vector can have left open. */
const ends = '-->]]></script></style></textarea></title></xmp></template></select></math></svg></a></b></p></table></form>';

/**
 * The vectors as HTML, a few in each message: a Matrix room takes its time for each.
 * One that would swallow those behind it, as the page's browser reads it, goes alone.
 */
export async function packedHTML(page: Page, all: readonly Vector[], most = 24): Promise<string[]> {
  const alone = await page.evaluate(
    ([texts, end]) => texts.map((text) => new DOMParser().parseFromString(`<body>${text}${end}<i id="behind">`, 'text/html').querySelector('body > #behind:last-child') === null),
    [all.map(({ text }) => text), ends] as const,
  );
  const messages = all.filter((_, i) => alone[i]).map(({ text }) => text);
  const together = all.filter((_, i) => !alone[i]).map(({ text }) => text + ends);
  for (let i = 0; i < together.length; i += most) messages.push(together.slice(i, i + most).join('\n'));
  return messages;
}
