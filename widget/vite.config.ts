import { readFileSync, writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { Plugin } from 'vite';
import { sentences } from './scripts/sentences.ts';

/** The chunks that the loader imports by name; everything else is imported by these. */
const entries = {
  transport: 'src/chat/transport.ts',
  calls: 'src/chat/calls.ts',
  triggers: 'src/chat/triggers.ts',
  hide: 'src/chat/hide.ts',
  gate: 'src/chat/consent/gate.ts',
  proactive: 'src/chat/proactive/proactive.ts',
  owner: 'src/owner/owner.ts',
  back: 'src/back/back.ts',
  chat: 'src/chat/ui/chat.tsx',
  en: 'src/i18n/en.ts',
  ru: 'src/i18n/ru.ts',
  ar: 'src/i18n/ar.ts',
};

/** The chunks of the operators' panel; all else is imported by these. */
const panelEntries = {
  panel: 'src/panel/panel.tsx',
  en: 'src/panel/i18n/en.ts',
  ru: 'src/panel/i18n/ru.ts',
};

/** Writes a manifest, logical name → hashed file name, for embed.go. */
function manifest(file: string): Plugin {
  return {
    name: 'manifest',
    writeBundle(_options, bundle) {
      const names: Record<string, string> = {};
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && chunk.isEntry) names[chunk.name] = basename(chunk.fileName);
      }
      writeFileSync(resolve(file), `${JSON.stringify(names, null, 2)}\n`);
    },
  };
}

/**
 * An import() in its wrapper, before minifying: alone, or with what is taken of
 * it. What stands beside it in a wrapper of another form would be lost with that.
 */
const wrapped = /__vitePreload[$\d]*\((?:\(\) => (import\("[^"]*"\)(?:\.then\(\(n\) => n\.\w+\))?)|async \(\) => \{\s*const (\{[^{}]*\}) = await (import\("[^"]*"\)(?:\.then\(\(n\) => n\.\w+\))?);\s*return \2;\s*\}), __VITE_PRELOAD__, import\.meta\.url\)/g;

/**
 * Vite wraps each import() to preload its style sheets; ours are strings in
 * the chunks, so the wrapper does nothing here and is taken off.
 */
function noPreload(): Plugin {
  return {
    name: 'no-preload',
    enforce: 'pre',
    // One module for each importer, so that no chunk is made for it.
    resolveId: (id, importer) => (id.includes('vite/preload-helper') ? `\0no-preload:${importer}` : undefined),
    load: (id) => (id.startsWith('\0no-preload:') ? 'export const __vitePreload = (load) => load();' : undefined),
    renderChunk(code) {
      const bare = code.replaceAll(wrapped, '$1$3');
      const left = /__vitePreload[$\d]*\([^]{0,200}|__VITE_PRELOAD__/.exec(bare.replace(/(?:const|function) __vitePreload[^\n]*/g, ''));
      if (left) this.error(`Vite wraps an import() in a form that is not known here, and taking it off could lose code: ${left[0]}`);
      return bare;
    },
  };
}

/** Small modules without a state of their own, of which each importer gets a copy: a chunk for them would cost a request. */
const copied = /\/(again|behind|blank|channel|comeback|comma|direction|field|folds|insist|stay|stop|pattern|replay|whereabouts|wish|preview\.css\?inline)$/;

function copies(): Plugin {
  return {
    name: 'copies',
    apply: 'build',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (!importer || !copied.test(id)) return undefined;
      const found = await this.resolve(id, importer, { skipSelf: true });
      return found && `${found.id}${found.id.includes('?') ? '&' : '?'}of=${basename(importer, '.ts')}`;
    },
    load: (id) => (/\.ts\?of=/.test(id) ? readFileSync(id.replace(/\?.*/, ''), 'utf8') : undefined),
  };
}

/**
 * The gateway replaces the string "__ANTEROOM_SETTINGS__", with its quotes, by
 * an object. In the source it is an undeclared global, which no minifier folds
 * or copies; it becomes that string after minifying.
 */
function settingsMarker(): Plugin {
  const marker = '__ANTEROOM_SETTINGS__';
  return {
    name: 'settings-marker',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        const parts = chunk.code.split(marker);
        if (parts.length !== 2) this.error(`the loader names ${marker} ${parts.length - 1} times, not once`);
        chunk.code = parts.join(JSON.stringify(marker));
      }
    },
  };
}

/**
 * Has V8 compile all functions of the chunks that draw the window for the first
 * time, off the main thread while they load: most are called at once, and each
 * compiled on its call would hold up the page. To other browsers it is a comment.
 * https://v8.dev/blog/explicit-compile-hints
 */
function compileEarly(...names: string[]): Plugin {
  return {
    name: 'compile-early',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && names.includes(chunk.name)) chunk.code = `//# allFunctionsCalledOnLoad\n${chunk.code}`;
      }
    },
  };
}

/** That Terser takes its time is known; all other warnings stay. */
const checks = { bundlerTimings: false };

export default defineConfig(({ mode }) => {
  const loader = mode === 'loader' || mode === 'module';
  const asModule = mode === 'module';
  const panel = mode === 'panel';
  return {
    base: './',
    publicDir: false,
    // Its published code is for browsers of ten years ago, and three times as large as its source makes.
    resolve: { alias: panel ? [{ find: /^matrix-widget-api\/lib\//, replacement: 'matrix-widget-api/src/' }] : [] },
    // The classic runtime comes out smaller than the automatic one.
    oxc: { jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment', development: false } },
    plugins: loader ? [settingsMarker()] : [manifest(panel ? 'dist/panel/manifest.json' : 'dist/manifest.json'), ...(panel ? [] : [sentences('dist/sentences.json')]), noPreload(), copies(), ...(panel ? [] : [compileEarly('transport', 'chat')])],
    test: { include: ['test/**/*.test.{ts,tsx}'] },
    build: {
      target: ['chrome111', 'firefox115', 'safari16.4'],
      outDir: loader ? 'dist' : panel ? 'dist/panel' : 'dist/assets',
      assetsDir: '',
      emptyOutDir: !loader,
      modulePreload: false,
      minify: 'terser',
      // Unsafe are only what others may have done to built-in functions, and getters with effects; there are none here.
      // Inlining what has arguments makes one file smaller and many larger.
      terserOptions: { module: true, ecma: 2020, compress: { passes: 3, unsafe_arrows: true, pure_getters: true, unsafe: true, lhs_constants: false, inline: loader ? 3 : 1 } },
      reportCompressedSize: false,
      rolldownOptions: loader
        ? {
            checks,
            input: { loader: asModule ? 'src/loader/module.ts' : 'src/loader/index.ts' },
            output: asModule ? { format: 'es', entryFileNames: 'loader.mjs' } : { format: 'iife', entryFileNames: 'loader.js' },
            ...(asModule && { preserveEntrySignatures: 'strict' as const }),
          }
        : {
            checks,
            // Of that library's files none does anything by being there, which it does not say itself.
            treeshake: { moduleSideEffects: [{ test: /matrix-widget-api/, sideEffects: false }] },
            input: panel ? panelEntries : entries,
            preserveEntrySignatures: 'allow-extension',
            output: { format: 'es', entryFileNames: '[name]-[hash:6].js', chunkFileNames: '[name]-[hash:6].js' },
          },
    },
  };
});
