import type { FileWords } from './files';

const rules = new Intl.PluralRules('ru');
const plural = (n: number, one: string, few: string, many: string): string => {
  const form = rules.select(n);
  return `${n} ${form === 'one' ? one : form === 'few' ? few : many}`;
};

export const words: FileWords = {
  camera: 'Сделать снимок',
  photos: 'Фото',
  gallery: 'Фото и видео',
  browse: 'Файлы',
  limits: (count, size, kinds) => `За один раз — до ${plural(count, 'файла', 'файлов', 'файлов')}, каждый до ${size}: ${kinds}.`,
  kinds: { image: 'изображения', video: 'видео', audio: 'звук', text: 'текст', any: 'всё, кроме программ' },
  refused: (n) => (n === 1 ? '1 файл не отправлен' : `Не отправлено: ${plural(n, 'файл', 'файла', 'файлов')}`),
  tooLarge: (limit) => `Больше ${limit}. Уменьшите файл или пришлите ссылку на него.`,
  badType: (kinds) => `Такие файлы здесь не принимаются. Можно отправить: ${kinds}.`,
  tooMany: (count) => `Больше ${count} за один раз.`,
  sendRest: (n) => `Отправить ещё ${n}`,
  large: (n) => (n === 1 ? 'Уменьшить снимок перед отправкой?' : 'Уменьшить снимки перед отправкой?'),
  preparing: 'Смотрим изображения…',
  smaller: (from, to) => `Уменьшить и отправить (${from} → ${to})`,
  original: (size) => `Отправить как есть (${size})`,
  onlySmaller: 'целиком слишком большой',
  noPlace: 'В уменьшенном снимке нет сведений о месте съёмки.',
  leaveOut: (name) => `Не отправлять: ${name}`,
};
