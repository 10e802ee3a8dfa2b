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

/** What is left of them where they name a file: what stands before a slash is a folder's name. */
export const named = (all: readonly Vector[]): Vector[] => all.map((vector) => ({ ...vector, text: vector.text.split(/[\\/]/).at(-1) ?? '' })).filter(({ text }) => text.trim() !== '');

/** They in parts, each of which goes on one address or into one card. */
export function parted(all: readonly Vector[], most = 1900, count = 45): Vector[][] {
  const parts: Vector[][] = [];
  let length = most;
  for (const vector of all) {
    length += vector.text.length + 1;
    if (length > most || parts.at(-1)?.length === count) {
      parts.push([]);
      length = vector.text.length + 1;
    }
    parts.at(-1)?.push(vector);
  }
  return parts;
}

/** A text's letters and digits, by which it is found again whatever was cleaned and wrapped of it. */
export const core = (text: string): string => text.replaceAll(/[^\p{L}\p{N}]+/gu, '');

const quoted = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

/** Each as a link's whole address, in the middle of one, as its words and as what stands in it. */
export const linked = (all: readonly Vector[]): Vector[] =>
  all.map(({ text, ...vector }) => ({ ...vector, text: `<a href="${quoted(text)}">A</a><a href="http://good.test/?q=${quoted(text)}">${quoted(text)}</a><a href="http://good.test/">${text}` }));

/** An SVG file with all that can stand in one, as the page's browser reads it. */
export async function drawn(page: Page, all: readonly Vector[]): Promise<string> {
  const head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="xss(1)">';
  const can = await page.evaluate(
    ([texts, start]) => texts.map((text) => new DOMParser().parseFromString(`${start}${text}</svg>`, 'image/svg+xml').querySelector('parsererror') === null),
    [all.map(({ text }) => text), head] as const,
  );
  return `${head}<script>xss(1)</script><image href="http://xss.test/file.png"/>${all.filter((_, i) => can[i]).map(({ text }) => text).join('\n')}</svg>`;
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
