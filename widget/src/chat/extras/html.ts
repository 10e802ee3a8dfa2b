/** An element as it stands in the text, its name in small letters. */
export interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: (Tag | string)[];
}

/** A comment or a tag; in the values of attributes the bridge writes < and > as entities. */
const token = /<!--[^]*?(?:-->|$)|<(\/?)([a-z][\w:-]*)(?=[\s/>])([^<>]*)>/gi;
const attribute = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>=]+)))?/g;
const entity = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi;
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00A0' };
/** Have no content, and no end. */
const empty = new Set(['br', 'hr', 'img', 'input', 'wbr']);
/** Ends one of its own kind that is open within the same list or row. */
const siblings: Readonly<Record<string, readonly string[]>> = { li: ['ul', 'ol'], tr: ['table'], td: ['tr'], th: ['tr'], p: ['blockquote', 'li', 'td', 'th'] };
/** Elements inside of elements, at most; what is deeper stands there without its own. */
const deepest = 60;

/**
 * Reads the HTML that the bridge has sanitised, or any other text, into plain
 * objects. A page may forbid browsers to read HTML at all (Trusted Types), and
 * of it only a small part is ever shown; see rich.tsx.
 */
export function read(html: string): readonly (Tag | string)[] {
  const root: Tag = { name: '', attributes: new Map(), children: [] };
  const open = [root];
  const top = (): Tag => open[open.length - 1] ?? root;
  let from = 0;
  const say = (to: number): void => {
    if (to > from) top().children.push(decoded(html.slice(from, to)));
  };
  for (const match of html.matchAll(token)) {
    const [all, end, name = '', attributes = ''] = match;
    say(match.index);
    from = match.index + all.length;
    if (name) take(open, name.toLowerCase(), end === '/', attributes);
  }
  say(html.length);
  return root.children;
}

function take(open: Tag[], name: string, ends: boolean, attributes: string): void {
  if (ends) {
    const at = open.findLastIndex((tag) => tag.name === name);
    if (at > 0) open.length = at;
    return;
  }
  const around = siblings[name];
  const before = around ? open.findLastIndex((tag) => tag.name === name || around.includes(tag.name)) : 0;
  if (before > 0 && open[before]?.name === name) open.length = before;
  const tag: Tag = { name, attributes: attributesOf(attributes), children: [] };
  open[open.length - 1]?.children.push(tag);
  if (!empty.has(name) && open.length <= deepest) open.push(tag);
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', one, two, three] of text.matchAll(attribute)) {
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), decoded(one ?? two ?? three ?? ''));
  }
  return found;
}

function decoded(text: string): string {
  return text.replace(entity, (all, decimal?: string, hex?: string, name?: string) => {
    if (name) return named[name.toLowerCase()] ?? all;
    const code = decimal ? Number(decimal) : Number.parseInt(hex ?? '', 16);
    // Of those that are no characters browsers make the sign for that too.
    return code > 0 && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\uFFFD';
  });
}

/** All the words in it. */
export function textOf(node: Tag | string): string {
  return typeof node === 'string' ? node : node.children.map(textOf).join('');
}
