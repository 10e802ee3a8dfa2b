import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { evaluated } from './partial.ts';
import type { Known } from './partial.ts';

/*
 * Preact from its source, without the third of it that this widget has no use
 * for: here functions draw into an empty element of their own. There are no
 * classes and contexts, no boundaries for errors, no portals, no hydration and
 * suspense, no HTML as text, no MathML, and nobody who debugs. What is named
 * below is what Preact would find then, and the minifier drops what cannot happen.
 */
const words = (text: string): string[] => text.trim().split(/\s+/);

const known: Known = {
  always: Object.fromEntries([
    ...words(`
      isHydrating excessDomChildren resumed
      isClassComponent provider componentContext globalContext newHtml oldHtml useCapture
      oldBeforeDiff oldBeforeRender oldAfterDiff oldCommit oldBeforeUnmount oldRoot prevDebounce prevRaf prevScu
    `).map((name) => [name, 'undefined']),
    ...words('MODE_HYDRATE MODE_SUSPENDED REF_DETACHED COMPONENT_PENDING_ERROR COMPONENT_PROCESSING_EXCEPTION').map((name) => [name, '0']),
    ...words('HAS_RAF errorParent').map((name) => [name, 'true']),
  ]),
  never: new Set(
    words(`
      componentWillMount componentWillReceiveProps componentWillUpdate componentWillUnmount componentDidMount componentDidUpdate componentDidCatch
      getDerivedStateFromProps getDerivedStateFromError getSnapshotBeforeUpdate getChildContext contextType
      this.context c.context c.state this.state c.constructor _nextState _globalContext
      props._parentDom newProps._parentDom newProps.is _excess
      options.vnode options.event options.debounceRendering options.requestAnimationFrame
      options._hook options._skipEffects options._hydrationMismatch
    `),
  ),
  // 8 is the type of a comment, 9 that of a document.
  unequal: new Set([...words('dangerouslySetInnerHTML defaultValue defaultChecked foreignObject math template popover MATH_NAMESPACE'), 8, 9]),
  idle: new Set(['globalContext', 'excessDomChildren', 'isHydrating']),
};

/** What no name tells: a text, and what stands in its place. One that is not there, as in another version, fails the build. */
const texts: Readonly<Record<string, ReadonlyArray<readonly [text: string | RegExp, instead: string]>>> = {
  'src/component.js': [
    // The hooks hold the state.
    [/(setState = function \(update, callback\) )\{[^]*?\n\};/, '$1{ if (this._vnode) enqueueRender(this); };'],
    [/\w+\.prototype\.forceUpdate = function \(callback\) \{[^]*?\n\};/, ''],
    [/\w+\.prototype\.render = Fragment;/, ''],
    [/oldVNode\._flags & MODE_HYDRATE \? .* : NULL/, 'NULL'],
  ],
  'src/render.js': [[/oldVNode\s+\? NULL\s+: parentDom\.firstChild\s+\? .*\s+: NULL/, 'NULL'], [': parentDom.firstChild', ': NULL']],
  'src/diff/catch-error.js': [[/for \(; \(vnode = vnode\._parent\); \) \{[^]*?\n\t\}/, '']],
  'src/diff/index.js': [
    ['c.render(c.props, (c.state = c._nextState), c.context)', 'newType(newProps)'],
    ['newVNode._flags &= RESET_MODE;', ''],
    ['c._stateCallbacks = [];', ''],
    [/EMPTY_ARR\.push\.apply\(.*\);\s+c\._stateCallbacks = \[\];/, ''],
    ['if (!(e && e.then)) markAsForce', 'markAsForce'],
    ['(r = r._excess)', 'false'],
    // References are objects.
    [/if \(typeof ref == 'function'\) \{[^]*?\} else (ref\.current)/, '$1'],
    ['c.render = doRender;', ''],
  ],
  'src/diff/props.js': [
    [/useCapture = name != .*;/, ''],
    [/if \(namespace == SVG_NAMESPACE\) \{[^]*?\} else if \(/, 'if (namespace != SVG_NAMESPACE && '],
    [/if \(typeof value == 'string'\) \{[^]*?\} else \{/, '{'],
    [/if \(typeof oldValue == 'string'\) \{[^]*?\}/, ''],
  ],
};

const root = resolve('node_modules/preact');
const entries = new Map([
  ['preact', 'src/index.js'],
  ['preact/hooks', 'hooks/src/index.js'],
]);
const files = [...entries.values(), ...words('src/component.js src/constants.js src/create-element.js src/options.js src/render.js src/util.js src/diff/catch-error.js src/diff/children.js src/diff/index.js src/diff/props.js')];

function source(file: string): string {
  let code = readFileSync(resolve(root, file), 'utf8');
  for (const [text, instead] of texts[file] ?? []) {
    const changed = code.replace(text, instead);
    if (changed === code) throw new Error(`Preact's ${file} has no ${String(text)}: see scripts/preact.ts`);
    code = changed;
  }
  return code;
}

/** Its own names begin with "_"; as in its published build they are made short. */
function shortened(modules: ReadonlyMap<string, string>): Map<string, string> {
  const own = /\b_{1,2}[a-z]\w*\b/g;
  const names = [...new Set([...modules.values()].flatMap((code) => code.match(own) ?? []))];
  const short = (name: string): string => `_${names.indexOf(name).toString(36)}`;
  return new Map([...modules].map(([file, code]) => [resolve(root, file), code.replaceAll(own, short)]));
}

/** Gives modules that import Preact what is left of it. */
export function preact(): Plugin {
  const modules = shortened(evaluated(new Map(files.map((file) => [file, source(file)])), known));
  return {
    name: 'preact',
    enforce: 'pre',
    resolveId(id) {
      const file = entries.get(id);
      return file && resolve(root, file);
    },
    load: (id) => modules.get(id),
  };
}
