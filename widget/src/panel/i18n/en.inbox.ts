import type { InboxStrings } from './inbox.strings';

export const inbox: InboxStrings = {
  title: 'Inbox',
};
