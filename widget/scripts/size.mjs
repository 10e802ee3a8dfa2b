// Fails when the built widget is over its budget (bytes, brotli).
import { readdirSync, readFileSync } from 'node:fs';
import { brotliCompressSync } from 'node:zlib';

const kb = 1024;
const names = JSON.parse(readFileSync('dist/manifest.json', 'utf8'));
const sizes = new Map();

/** The files that an entry needs at once: itself and its static imports. */
function needed(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(`dist/assets/${file}`, 'utf8');
  for (const [, name] of code.matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)["'`]/g)) needed(name, seen);
  return seen;
}

function brotli(path) {
  if (!sizes.has(path)) sizes.set(path, brotliCompressSync(readFileSync(path)).length);
  return sizes.get(path);
}

/** The file of a chunk that is not in the manifest. */
function fileOf(name) {
  return readdirSync('dist/assets').find((f) => f.replace(/-[\w-]{6}\.js$/, '') === name);
}

function total(...entries) {
  const files = new Set(entries.flatMap((name) => [...needed(names[name])]));
  return [...files].reduce((sum, file) => sum + brotli(`dist/assets/${file}`), 0);
}

/** All of the panel but the other language: it is a page of its own, so every chunk counts. */
function panel(other) {
  const files = readdirSync('dist/panel').filter((file) => file.endsWith('.js') && !file.startsWith(`${other}-`) && !file.startsWith(`${other}.`));
  return files.reduce((sum, file) => sum + brotli(`dist/panel/${file}`), 0);
}

const loader = brotli('dist/loader.js');
const rows = [
  ['loader', loader, 2 * kb],
  ['transport (ongoing dialog)', total('transport'), 6 * kb],
  ['everything on open, en', loader + total('transport', 'chat', 'en'), 20 * kb],
  ['everything on open, ru', loader + total('transport', 'chat', 'ru'), 20 * kb],
  ['everything on open, ar', loader + total('transport', 'chat', 'ar'), 20 * kb],
  ["the operators' panel, en", panel('ru'), 45 * kb],
  ["the operators' panel, ru", panel('en'), 45 * kb],
];
for (const [what, bytes, budget] of rows) {
  console.log(`${bytes > budget ? 'OVER' : 'ok  '} ${String(bytes).padStart(6)} of ${budget}  ${what}`);
}
// What a talk loads when something in it asks for it: no budget, but worth a look.
const open = new Set(['transport', 'chat', 'en'].flatMap((name) => [...needed(names[name])]));
for (const [what, ...chunks] of [
  ['links, formatting, menus, sentences', 'extras', 'en.rare'],
  ['the first file', 'files', 'asked', 'extras', 'en.rare'],
  ['long dialogs, and where a quote is from', 'history'],
  ['buttons, cards and forms of the bot', 'offer', 'extras', 'en.rare'],
  ['the words of an AI', 'live', 'ai', 'extras', 'en.rare'],
  ['what is said while nobody looks', 'attention'],
  ['page visits that chains wait for', 'triggers'],
  ['what the site says first', 'proactive'],
  ['forms, ratings, other channels', 'flow', 'extras', 'en.rare'],
  ['emoji', 'Picker'],
  ['the fall-back for blocked WebSockets', 'poll'],
]) {
  const files = new Set(chunks.flatMap((name) => [...needed(fileOf(name))]).filter((name) => !open.has(name)));
  const bytes = [...files].reduce((sum, name) => sum + brotli(`dist/assets/${name}`), 0);
  console.log(`info ${String(bytes).padStart(6)}          on first use, en: ${what}`);
}
if (rows.some(([, bytes, budget]) => bytes > budget)) process.exitCode = 1;
