import type { VoiceWords } from './voice';

/** A time among words that run the other way. */
const apart = (time: string): string => `\u2068${time}\u2069`;

export const words: VoiceWords = {
  name: 'رسالة صوتية',
  record: 'تسجيل رسالة صوتية',
  recording: (limit) => `جارٍ التسجيل، حتى ${apart(limit)}`,
  paused: 'متوقف مؤقتًا',
  asking: 'متصفحك يطلب الإذن باستخدام الميكروفون…',
  working: 'لحظة من فضلك…',
  longest: (limit) => `أطول مدة للرسالة الصوتية ${apart(limit)}.`,
  pause: 'إيقاف مؤقت',
  resume: 'متابعة التسجيل',
  finish: 'إنهاء التسجيل والاستماع إليه',
  send: 'إرسال الرسالة الصوتية',
  discard: 'حذف التسجيل',
  retry: 'إعادة المحاولة',
  play: 'تشغيل',
  stop: 'إيقاف مؤقت',
  position: 'الموضع',
  of: (at, all) => `${apart(at)} من ${apart(all)}`,
  speed: (times) => `السرعة: ${apart(times)}`,
  faults: {
    insecure: 'لا تسمح المتصفحات بتسجيل الصوت إلا في الصفحات التي تستخدم https.',
    unsupported: 'لا يستطيع هذا المتصفح تسجيل الصوت. يمكنك إرفاق تسجيل كملف.',
    policy: 'لا تسمح هذه الصفحة للمحادثة باستخدام الميكروفون.',
    denied: 'الميكروفون غير مسموح به هنا. اسمح به بجانب عنوان الصفحة ثم أعد المحاولة.',
    nodevice: 'لم يُعثر على ميكروفون. وصّل واحدًا ثم أعد المحاولة.',
    busy: 'يستخدم برنامج آخر الميكروفون. أغلقه هناك ثم أعد المحاولة.',
    unknown: 'لم ينجح التسجيل. حاول مرة أخرى.',
  },
};
