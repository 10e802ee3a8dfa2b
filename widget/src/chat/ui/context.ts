import { useEffect, useState } from 'preact/hooks';
import type { Rare, Strings } from '../../i18n/strings';
import type { Host } from '../../loader/host';
import type { Session } from '../session';
import type { State } from '../state';
import type { About } from './Composer';
import { useLazy } from './lazy';
import type { Lazy } from './lazy';

/** The parts of messages that a plain talk does without, with their words. */
export type Extras = typeof import('../extras/extras') & { readonly rare: Rare };

/** What every part of the window needs. */
export interface Chat {
  readonly host: Host;
  readonly session: Session;
  readonly strings: Strings;
  /** The sentences that most visitors never see. */
  readonly rare: Lazy<Rare>;
  readonly extras: Lazy<Extras>;
  /** Says a sentence above the composer for a while. */
  readonly notify: (sentence: string) => void;
  /** Has the composer answer or change a message, or no longer. */
  readonly compose: (about?: About) => void;
}

/** Screens that fingers touch, with a keyboard that hides half of them. */
export const touch = matchMedia('(pointer: coarse)');

/** There is one window on a page; Preact's own context would be larger than this. */
let current: Chat;

/** Says what the window's parts get; called before they are drawn. */
export function provide(chat: Chat): Chat {
  current = chat;
  return chat;
}

export function useChat(): Chat {
  return current;
}

/** The parts with their words, once they are there. */
export function useExtras(wanted: unknown): Extras | undefined {
  return useLazy(useChat().extras, wanted);
}

/** The sentence for the code of a public error; a newer gateway may have codes without one. */
export function sentence(rare: Rare, code = 'unknown'): string {
  const errors: Readonly<Record<string, string>> = rare.errors;
  return errors[code] ?? rare.errors.unknown;
}

/** The same where the words may not be here yet; undefined while there is no code. */
export function useSentence(code: string | undefined): string | undefined {
  const { rare: lazyWords, strings } = useChat();
  const rare = useLazy(lazyWords, code);
  return code && (rare ? sentence(rare, code) : strings.trouble);
}

/** True for a key that belongs to an input method, as Enter that takes its word; Safari says so by the code alone. */
export function composing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** The session's state; draws again at each change. */
export function useSession(session: Session): State {
  const [state, set] = useState(session.state);
  useEffect(() => {
    set(session.state);
    return session.subscribe(() => set(session.state));
  }, [session]);
  return state;
}

/** Those of the present root. */
export const adopted = new Set<string>();

/** Adds a style sheet, once, to the window's shadow root; a page's CSP has no say in that. */
export function adopt(root: ShadowRoot, css: string): void {
  if (adopted.has(css)) return;
  adopted.add(css);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
