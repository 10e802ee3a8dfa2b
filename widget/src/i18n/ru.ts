import type { Strings } from './strings';

const rules = new Intl.PluralRules('ru');
export const plural = (n: number, one: string, few: string, many: string): string => {
  const form = rules.select(n);
  return `${n} ${form === 'one' ? one : form === 'few' ? few : many}`;
};

export const strings: Strings = {
  tag: 'ru',
  title: 'Напишите нам',
  subtitle: 'Задайте вопрос, мы рады помочь',
  greeting: 'Здравствуйте! 👋 Чем можем помочь?',
  answers: (name) => `Вам отвечает ${name}`,
  operator: 'Поддержка',
  bot: 'Помощник',
  you: 'Вы',
  close: 'Закрыть',
  messages: 'Сообщения',
  message: 'Сообщение',
  placeholder: 'Напишите сообщение…',
  send: 'Отправить',
  save: 'Сохранить',
  attach: 'Прикрепить файл',
  emoji: 'Эмодзи',
  connecting: 'Подключаемся…',
  offline: 'Нет связи. Сообщения отправятся, когда она появится.',
  sending: 'Отправляется…',
  sent: 'Отправлено',
  seen: 'Прочитано',
  notSent: 'Не отправлено',
  edited: 'изменено',
  removed: 'Сообщение удалено',
  actions: 'Действия с сообщением',
  typing: (names) => (names.length === 1 ? `${names[0]} печатает…` : `${names.join(' и ')} печатают…`),
  earlier: 'Более ранние сообщения',
  newMessages: (n) => plural(n, 'новое сообщение', 'новых сообщения', 'новых сообщений'),
  toNewest: 'К последним сообщениям',
  today: 'Сегодня',
  yesterday: 'Вчера',
  dismiss: 'Скрыть',
  trouble: 'Что-то пошло не так. Попробуйте ещё раз.',
  rare: async () => (await import('./ru.rare')).rare,
};
