import type { Host, Near } from '../../loader/host';

const en: Near = { hide: 'Hide the message', bot: 'Assistant', operator: 'Support', one: 'New message', some: 'New messages' };
const built: Readonly<Record<string, Near>> = {
  en,
  ru: { hide: 'Скрыть сообщение', bot: 'Помощник', operator: 'Поддержка', one: 'Новое сообщение', some: 'Новые сообщения' },
  ar: { hide: 'إخفاء الرسالة', bot: 'المساعد', operator: 'الدعم', one: 'رسالة جديدة', some: 'رسائل جديدة' },
};

/** What is said of messages while the window is closed; no chunk of the language is needed for it. */
export const near = ({ language, settings }: Host): Near => settings.near ?? built[language] ?? en;
