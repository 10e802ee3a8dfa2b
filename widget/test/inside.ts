import * as parts from '../src/chat/extras/extras';
import type { Session } from '../src/chat/session';
import { provide } from '../src/chat/ui/context';
import type { Chat } from '../src/chat/ui/context';
import { Lazy } from '../src/chat/ui/lazy';
import { rare } from '../src/i18n/en.rare';
import { strings } from '../src/i18n/en';
import type { Host } from '../src/loader/host';

/** What is lazy, and already here. */
function loaded<T>(value: T): Lazy<T> {
  const lazy = new Lazy<T>(() => Promise.resolve(value));
  lazy.value = value;
  return lazy;
}

/** Gives the parts of the window what they get from it, with all chunks loaded. */
export function inside(session: object, more: Partial<Chat> = {}): void {
  provide({
    host: { settings: { site: 'shop' }, base: 'https://chat.example/', root: document } as unknown as Host,
    session: session as Session,
    strings,
    rare: loaded(rare),
    extras: loaded({ ...parts, rare }),
    notify: () => undefined,
    compose: () => undefined,
    ...more,
  });
}
