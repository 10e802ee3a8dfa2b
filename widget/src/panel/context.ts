import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from './api';
import type { Contacts } from './contacts';
import type { Contact, Site } from './forms';
import type { Formats } from './formats';
import type { Strings } from './i18n/strings';
import type { Live } from './live';
import type { Place } from './place';
import type { ApiProblem } from './problem';
import type { Sessions } from './session';

/** What every part of the panel needs. There is one panel on a page. */
export interface Panel {
  readonly place: Place;
  readonly strings: Strings;
  readonly formats: Formats;
  readonly sessions: Sessions;
  readonly api: Api;
  readonly live: Live;
  readonly contacts: Contacts;
  /** Says a sentence to screen readers, and for a moment to all. */
  readonly say: (sentence: string) => void;
}

let current: Panel | undefined;
let known: Site | undefined;

/** Says what the parts get; called before they are drawn. */
export function provide(panel: Panel): Panel {
  current = panel;
  return panel;
}

export function usePanel(): Panel {
  if (!current) throw new Error('no panel');
  return current;
}

/** Says what the site is like; called before anything is drawn that asks. */
export function provideSite(site: Site): void {
  known = site;
}

export function useSite(): Site {
  if (!known) throw new Error('no site');
  return known;
}

/** The sentence for a problem: own words where there are some, else the bridge's. */
export function sentence(strings: Strings, problem: ApiProblem): string {
  const words: Readonly<Record<string, string>> = strings.problems;
  return words[problem.code] ?? (problem.message === problem.code ? strings.problems.internal : problem.message);
}

/** Something that changes, and says so. */
interface Source {
  subscribe(changed: () => void): () => void;
}

/** Draws again when what is read of the source has changed. */
export function useSource<T>(source: Source, read: () => T): T {
  const [, draw] = useState({});
  const value = read();
  const drawn = useRef({ read, value });
  drawn.current = { read, value };
  useEffect(() => {
    const look = (): void => {
      const { read: again, value: last } = drawn.current;
      if (!Object.is(again(), last)) draw({});
    };
    look(); // it may have changed between drawing and listening
    return source.subscribe(look);
  }, [source]);
  return value;
}

/** What is known of a contact. */
export function useContact(id: string): Contact | undefined {
  const { contacts } = usePanel();
  return useSource(contacts, () => contacts.get(id));
}

/** The time, again and again, for what says how long ago something was. In milliseconds. */
export function useNow(every: number): number {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}
