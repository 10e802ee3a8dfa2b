import type { FileWords } from './files';

const files = (n: number): string => (n === 1 ? '1 file' : `${n} files`);

export const words: FileWords = {
  camera: 'Take a photo',
  photos: 'Photos',
  gallery: 'Photos and videos',
  browse: 'Files',
  limits: (count, size, kinds) => `Up to ${files(count)} at once, ${size} each: ${kinds}.`,
  kinds: { image: 'pictures', video: 'videos', audio: 'sound', text: 'text', any: 'anything but programs' },
  refused: (n) => (n === 1 ? '1 file is not sent' : `${n} files are not sent`),
  tooLarge: (limit) => `Larger than ${limit}. Make it smaller, or send a link to it.`,
  badType: (kinds) => `Not accepted here. You can send ${kinds}.`,
  tooMany: (count) => `More than ${count} at once.`,
  sendRest: (n) => `Send the next ${n}`,
  large: (n) => (n === 1 ? 'Send a smaller picture?' : 'Send smaller pictures?'),
  preparing: 'Looking at the pictures…',
  smaller: (from, to) => `Send smaller (${from} → ${to})`,
  original: (size) => `Send as it is (${size})`,
  onlySmaller: 'too large as it is',
  noPlace: 'A smaller one does not tell where it was taken.',
  leaveOut: (name) => `Leave out: ${name}`,
};
