// Builds the other widgets as their sites would: minified, split where they split themselves.
import { resolve } from 'node:path';

const names = ['botpress', 'deep-chat', 'typebot'];

export default {
  root: import.meta.dirname,
  base: './',
  define: { 'process.env.NODE_ENV': '"production"' },
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: '../../build/bench/widgets',
    emptyOutDir: true,
    modulePreload: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: Object.fromEntries(names.map((name) => [name, resolve(import.meta.dirname, 'pages', `${name}.js`)])),
      output: { entryFileNames: '[name].js', assetFileNames: '[name][extname]' },
    },
  },
};
