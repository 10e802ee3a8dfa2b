import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Strings } from '../../i18n/strings';
import type { Host } from '../../loader/host';
import type { Session, State } from '../session';

/** What every part of the window needs. */
export interface Chat {
  readonly host: Host;
  readonly session: Session;
  readonly strings: Strings;
  /** Says a sentence above the composer for a while. */
  readonly notify: (sentence: string) => void;
}

export const ChatContext = createContext<Chat | undefined>(undefined);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('a part of the chat window is drawn outside of it');
  return chat;
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
