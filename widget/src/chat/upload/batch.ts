import type { FileWords } from '../../i18n/files';
import { comma } from '../comma';
import type { Site } from '../wire';

/** Why a file of a batch is not even announced. */
export type Why = 'tooLarge' | 'badType' | 'tooMany';

/** Whether a site that takes files of those types ("image/*"; none for all) takes one of that type. */
export function accepts(types: readonly string[], type: string): boolean {
  // The gateway looks at the content; a browser that does not know the type is not the judge.
  return !types.length || !type || types.some((t) => t === type || (t.endsWith('/*') && type.startsWith(t.slice(0, -1))));
}

/** The usual names of programs. Where a site names no types the gateway refuses them, once it has looked into them (bridge/dialog/inspect.go): who sends one is to know before it is on its way. */
const programs = /\.(exe|dll|scr|msi|jar|apk|lnk|crx)$/i;

/** Why the site does not take the file; undefined if it may. Its number in the batch counts from 0, of those that it takes. */
export function refusal(file: File, number: number, site: Site | undefined): Why | undefined {
  // Before the first welcome nothing is known, and the gateway says it all the same.
  if (!site) return undefined;
  // What was recorded is of the type that the browser records; the site takes it, or there is no microphone.
  const types = site.file_types ?? [];
  if (!('voice' in file) && (!accepts(types, file.type) || (!types.length && programs.test(file.name)))) return 'badType';
  if (file.size > site.max_file_size) return 'tooLarge';
  return number >= (site.max_files ?? Infinity) ? 'tooMany' : undefined;
}

/** How names end of types whose own name nobody knows. */
const ends: Readonly<Record<string, string>> = {
  'application/msword': 'DOC',
  'application/vnd.ms-excel': 'XLS',
  'application/vnd.ms-powerpoint': 'PPT',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'DOCX',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'XLSX',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'PPTX',
  'application/vnd.oasis.opendocument.text': 'ODT',
  'application/vnd.oasis.opendocument.spreadsheet': 'ODS',
  'application/x-7z-compressed': '7Z',
  'application/x-rar-compressed': 'RAR',
  'audio/mpeg': 'MP3',
  'audio/x-m4a': 'M4A',
  'image/svg+xml': 'SVG',
  'video/quicktime': 'MOV',
};

/** The kinds of files that a site takes, in words: "pictures, PDF". */
export function kinds(site: Site | undefined, words: FileWords, tag: string): string {
  const named: Readonly<Record<string, string>> = words.kinds;
  if (!site?.file_types?.length) return words.kinds.any;
  const all = site.file_types.map((type) => {
    const [top = '', sub = ''] = type.split('/');
    return sub === '*' || sub === 'plain' ? (named[top] ?? top) : (ends[type] ?? sub.replace(/^x-/, '').toUpperCase());
  });
  return [...new Set(all)].join(comma(tag));
}
