import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { strings } from '../src/i18n/en';

/** What a sentence is filled with: a text, a number, several names, or whether something is so. */
interface Param {
  readonly name: string;
  readonly type: 'string' | 'number' | 'list' | 'boolean';
}

type Forms = string | { readonly one: string; readonly other: string };

/** What the bridge knows of the widget's sentences, see bridge/words. */
interface Node {
  readonly name: string;
  readonly kind: 'text' | 'list' | 'map' | 'section' | 'part';
  readonly about?: string;
  readonly params?: readonly Param[];
  /** The number, or the names, that the forms go by. */
  readonly counted?: string;
  /** What says which of two sentences it is. */
  readonly flag?: string;
  readonly en?: Forms | readonly string[] | { readonly yes: Forms; readonly no: Forms };
  readonly children?: readonly Node[];
}

interface Member {
  readonly name: string;
  readonly type: string;
  readonly about: string;
}

const folder = 'src/i18n';

/** The members of all interfaces of words, by the interfaces' names. */
function interfaces(): Map<string, Member[]> {
  const found = new Map<string, Member[]>();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.ts')) continue;
    const source = readFileSync(`${folder}/${file}`, 'utf8');
    for (const [, name = '', body = ''] of source.matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)) {
      const members = [...body.matchAll(/(?:^ {2}\/\*\*([^]*?)\*\/\n)?^ {2}readonly (\w+): (.*);$/gm)];
      found.set(name, members.map(([, about = '', member = '', type = '']) => ({ name: member, type, about: about.replace(/\s*\n\s*\*\s*/g, ' ').trim() })));
    }
  }
  return found;
}

const types: Readonly<Record<string, Param['type']>> = { string: 'string', number: 'number', boolean: 'boolean', 'readonly string[]': 'list' };

type Said = (...given: unknown[]) => string;

/** A sentence with marks in place of what it is filled with. */
function said(f: Said, params: readonly Param[], counted: string | undefined, count: 1 | 97, flag: boolean, empty?: string): string {
  const given = params.map(({ name, type }, at): unknown => {
    if (type === 'boolean') return flag;
    if (type === 'string') return name === empty ? '' : `{${name}}`;
    if (type === 'list') return Array.from({ length: name === counted && count === 97 ? 2 : 1 }, () => `{${name}}`);
    return name === counted ? count : 201 + at;
  });
  let text = f(...given);
  for (const [at, { name, type }] of params.entries()) {
    if (type === 'number') text = text.replaceAll(new RegExp(`(?<!\\d)${name === counted ? count : 201 + at}(?!\\d)`, 'g'), `{${name}}`);
    if (type === 'list') text = text.replace(new RegExp(`\\{${name}\\}.*\\{${name}\\}`), `{${name}}`);
  }
  return text;
}

/** The same, where what belongs to a text that may be empty stands in <<…>>. */
function whole(f: Said, params: readonly Param[], counted: string | undefined, count: 1 | 97, flag: boolean): string {
  let text = said(f, params, counted, count, flag);
  for (const { name, type } of params) {
    if (type !== 'string') continue;
    const without = said(f, params, counted, count, flag, name);
    const full = said(f, params, counted, count, flag);
    if (full.replaceAll(`{${name}}`, '') === without) continue;
    let start = 0;
    while (full[start] === without[start]) start++;
    let end = 0;
    while (end < without.length - start && full.at(-1 - end) === without.at(-1 - end)) end++;
    text = `${full.slice(0, start)}<<${full.slice(start, full.length - end)}>>${full.slice(full.length - end)}`;
  }
  return text;
}

function sentence(member: Member, f: Said, params: readonly Param[]): Node {
  const counted = params.find(({ name, type }) => {
    if (type === 'list') return true;
    return type === 'number' && [false, true].some((flag) => said(f, params, name, 1, flag) !== said(f, params, name, 97, flag));
  })?.name;
  const flag = params.find(({ type }) => type === 'boolean')?.name;
  const forms = (on: boolean): Forms =>
    counted ? { one: whole(f, params, counted, 1, on), other: whole(f, params, counted, 97, on) } : whole(f, params, counted, 97, on);
  return {
    name: member.name,
    kind: 'text',
    ...(member.about && { about: member.about }),
    params,
    ...(counted && { counted }),
    ...(flag && { flag }),
    en: flag ? { yes: forms(true), no: forms(false) } : forms(false),
  };
}

/** The sentences of an interface, in its order. What the bridge could not write is left out, with a warning. */
async function nodes(all: Map<string, Member[]>, name: string, value: Readonly<Record<string, unknown>>, warn: (what: string) => void): Promise<Node[]> {
  const made: Node[] = [];
  for (const member of all.get(name) ?? []) {
    const { type, about } = member;
    const is = value[member.name];
    const head = { name: member.name, ...(about && { about }) };
    if (member.name === 'tag') continue;
    const part = /^\(\) => Promise<(\w+)>$/.exec(type)?.[1];
    const params = /^\((.*)\) => string$/.exec(type)?.[1];
    if (part && all.has(part)) {
      const inner = await (is as () => Promise<Readonly<Record<string, unknown>>>)();
      made.push({ ...head, kind: 'part', children: await nodes(all, part, inner, warn) });
    } else if (all.has(type)) {
      made.push({ ...head, kind: 'section', children: await nodes(all, type, is as Readonly<Record<string, unknown>>, warn) });
    } else if (typeof is === 'string') {
      made.push({ ...head, kind: 'text', en: is });
    } else if (typeof is === 'function' && params !== undefined) {
      const list = [...params.matchAll(/(\w+): ([^,]+)/g)].map(([, param = '', of = '']) => ({ name: param, type: types[of] }));
      if (list.every((p): p is Param => !!p.type)) made.push(sentence(member, is as Said, list));
      else warn(`${name}.${member.name} is filled with what a file of words cannot say: ${params}`);
    } else if (Array.isArray(is)) {
      made.push({ ...head, kind: 'list', en: is as string[] });
    } else if (is && typeof is === 'object' && Object.values(is).every((v) => typeof v === 'string')) {
      made.push({ ...head, kind: 'map', children: Object.entries(is as Record<string, string>).map(([key, en]) => ({ name: key, kind: 'text', en })) });
    } else {
      warn(`${name}.${member.name} has a type that a file of words cannot say: ${type}`);
    }
  }
  return made;
}

/** Writes what the bridge has to know to read a site's file of words, and to write a chunk of it. */
export function sentences(file: string): Plugin {
  return {
    name: 'sentences',
    async writeBundle() {
      const made = await nodes(interfaces(), 'Strings', strings as unknown as Readonly<Record<string, unknown>>, (what) => this.warn(what));
      writeFileSync(file, `${JSON.stringify(made, undefined, 1)}\n`);
    },
  };
}
