import { parseAst } from 'vite';

/** What is known of a program before it runs. */
export interface Known {
  /** Variables that always hold the same, and what. */
  readonly always: Readonly<Record<string, string>>;
  /** Properties that are never there, by their names or with the name of what would have them. */
  readonly never: ReadonlySet<string>;
  /** Strings, numbers and constants that nothing is ever equal to. */
  readonly unequal: ReadonlySet<unknown>;
  /** Parameters that no function needs. */
  readonly idle: ReadonlySet<string>;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}
type Change = readonly [start: number, end: number, text: string];

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';
const nameOf = (node: unknown): string => (node as { name?: string } | undefined)?.name ?? '';

/** Evaluates the modules of a program as far as can be, without running anything. What is left for a minifier to drop, it drops. */
export function evaluated(modules: ReadonlyMap<string, string>, known: Known): Map<string, string> {
  const places = new Map<string, readonly number[]>();
  for (const code of modules.values()) {
    for (const [, name = '', list = ''] of code.matchAll(/function (\w+)\(([^)]*)\)/g)) {
      const idle = list.split(',').flatMap((parameter, i) => (known.idle.has(parameter.trim()) ? [i] : []));
      if (idle.length > 0) places.set(name, idle);
    }
  }
  return new Map([...modules].map(([file, code]) => [file, new Evaluation(code, known, places).done()]));
}

class Evaluation {
  readonly #code: string;
  readonly #known: Known;
  /** Which parameters of which function are left out. */
  readonly #places: ReadonlyMap<string, readonly number[]>;
  #changes: Change[] = [];

  constructor(code: string, known: Known, places: ReadonlyMap<string, readonly number[]>) {
    this.#code = code;
    this.#known = known;
    this.#places = places;
  }

  done(): string {
    return this.#text(parseAst(this.#code) as unknown as Node);
  }

  /** The code of a node, evaluated. */
  #text(node: Node): string {
    const before = this.#changes;
    this.#changes = [];
    this.#visit(node);
    let text = '';
    let at = node.start;
    for (const [start, end, put] of this.#changes.toSorted(([a], [b]) => a - b)) {
      text += this.#code.slice(at, start) + put;
      at = end;
    }
    this.#changes = before;
    return text + this.#code.slice(at, node.end);
  }

  #put({ start, end }: Pick<Node, 'start' | 'end'>, text: string): void {
    this.#changes.push([start, end, text]);
  }

  #value(node: unknown): string | undefined {
    if (!isNode(node)) return undefined;
    if (node.type === 'Identifier') return Object.hasOwn(this.#known.always, nameOf(node)) ? this.#known.always[nameOf(node)] : undefined;
    if (node.type !== 'MemberExpression' || node['computed']) return undefined;
    const object = node['object'] as Node;
    const name = nameOf(node['property']);
    const whole = `${object.type === 'ThisExpression' ? 'this' : nameOf(object['property'] ?? object)}.${name}`;
    return this.#known.never.has(name) || this.#known.never.has(whole) ? 'undefined' : undefined;
  }

  #isUnequal(side: unknown): boolean {
    const { type, value } = side as Node;
    return this.#known.unequal.has(type === 'Literal' ? value : nameOf(side) || undefined);
  }

  #visit(node: Node): void {
    const value = this.#value(node);
    if (value !== undefined) return this.#put(node, value);
    const { left, right, operator, callee, id, init } = node as Node & Record<'left' | 'right' | 'callee' | 'id' | 'init', Node>;
    switch (node.type) {
      case 'ImportDeclaration':
        return;
      case 'AssignmentExpression':
        if (this.#value(left) !== undefined) return this.#put(node, `(${this.#text(right)})`);
        break;
      case 'BinaryExpression':
        if (operator === '&' && [left, right].some((side) => this.#value(side) === '0')) return this.#put(node, '0');
        if (/^([=!]=|in)/.test(String(operator)) && [left, right].some((side) => this.#isUnequal(side))) return this.#put(node, String(operator).startsWith('!') ? 'true' : 'false');
        break;
      case 'VariableDeclarator': {
        if (!init) return;
        const held = this.#value(id);
        return held === undefined ? this.#visit(init) : this.#put(init, held);
      }
      case 'FunctionDeclaration':
        this.#list(node['params'] as Node[], nameOf(id));
        return this.#visit(node['body'] as Node);
      case 'CallExpression':
        this.#visit(callee);
        return this.#list(node['arguments'] as Node[], nameOf(callee));
      case 'Property':
        return this.#visit(node['value'] as Node);
      case 'MemberExpression':
        if (!node['computed']) return this.#visit(node['object'] as Node);
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) this.#visit(child);
  }

  /** The parameters or arguments of a function, without those that are idle. */
  #list(nodes: readonly Node[], of: string): void {
    const idle = this.#places.get(of);
    const [first, last] = [nodes[0], nodes.at(-1)];
    if (!idle || !first || !last) return nodes.forEach((node) => this.#visit(node));
    const kept = nodes.filter((_, i) => !idle.includes(i));
    this.#put({ start: first.start, end: last.end }, kept.map((node) => this.#text(node)).join(', '));
  }
}
