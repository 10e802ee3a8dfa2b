import { apart } from './ar.rare';
import type { FileWords } from './files';

const rules = new Intl.PluralRules('ar');
/** Two are said by the noun alone. */
const files = (n: number): string => {
  const form = rules.select(n);
  if (form === 'one') return 'ملف واحد';
  if (form === 'two') return 'ملفان';
  return `${n} ${form === 'few' ? 'ملفات' : form === 'many' ? 'ملفًا' : 'ملف'}`;
};

export const words: FileWords = {
  camera: 'التقاط صورة',
  photos: 'الصور',
  gallery: 'الصور ومقاطع الفيديو',
  browse: 'الملفات',
  limits: (count, size, kinds) => `الحد الأقصى في المرة الواحدة: ${files(count)}، وحجم كلٍّ منها ${apart(size)}: ${kinds}.`,
  kinds: { image: 'صور', video: 'مقاطع فيديو', audio: 'مقاطع صوتية', text: 'نصوص', any: 'كل شيء عدا البرامج' },
  refused: (n) => `لن يُرسَل: ${files(n)}`,
  tooLarge: (limit) => `أكبر من ${apart(limit)}. صغّره أو أرسل رابطًا إليه.`,
  badType: (kinds) => `غير مقبول هنا. يمكنك إرسال ${kinds}.`,
  tooMany: (count) => `أكثر من ${count} في المرة الواحدة.`,
  sendRest: (n) => `إرسال التالية (${n})`,
  large: (n) => (n === 1 ? 'هل تريد إرسال صورة أصغر؟' : 'هل تريد إرسال صور أصغر؟'),
  preparing: 'جارٍ فحص الصور…',
  smaller: (from, to) => `إرسال نسخة أصغر (${apart(from)} ← ${apart(to)})`,
  original: (size) => `إرسالها كما هي (${apart(size)})`,
  onlySmaller: 'كبيرة جدًا كما هي',
  noPlace: 'النسخة الأصغر لا تذكر مكان التقاطها.',
  leaveOut: (name) => `استبعاد: ${apart(name)}`,
};
