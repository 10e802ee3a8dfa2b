import { writeFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';

/** The chunks that the loader imports by name; everything else is imported by these. */
const entries = {
  transport: 'src/chat/transport.ts',
  chat: 'src/chat/ui/chat.tsx',
  en: 'src/i18n/en.ts',
  ru: 'src/i18n/ru.ts',
};

/** Writes dist/manifest.json: logical name → hashed file name, for embed.go. */
function manifest(): Plugin {
  return {
    name: 'manifest',
    writeBundle(_options, bundle) {
      const names: Record<string, string> = {};
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === 'chunk' && chunk.isEntry) names[chunk.name] = basename(chunk.fileName);
      }
      writeFileSync(resolve('dist/manifest.json'), `${JSON.stringify(names, null, 2)}\n`);
    },
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

export default defineConfig(({ mode }) => {
  const loader = mode === 'loader';
  return {
    base: './',
    publicDir: false,
    plugins: loader ? [settingsMarker()] : [manifest()],
    build: {
      target: ['chrome110', 'firefox115', 'safari16.4'],
      outDir: loader ? 'dist' : 'dist/assets',
      assetsDir: '',
      emptyOutDir: !loader,
      modulePreload: false,
      reportCompressedSize: false,
      rolldownOptions: loader
        ? {
            input: { loader: 'src/loader/index.ts' },
            output: { format: 'iife', entryFileNames: 'loader.js' },
          }
        : {
            input: entries,
            preserveEntrySignatures: 'allow-extension',
            output: { format: 'es', entryFileNames: '[name]-[hash].js', chunkFileNames: '[name]-[hash].js' },
          },
    },
  };
});
