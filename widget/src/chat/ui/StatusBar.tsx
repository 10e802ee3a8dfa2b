import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isOver } from '../connection';
import type { State } from '../state';
import { useChat, useSentence } from './context';

/** Milliseconds that a reconnect may take before it is worth a word. */
const patience = 800;

/** Says so when there is no connection, or messages have to wait; silent while all is well. */
export function StatusBar({ state: { connection, held } }: { readonly state: State }): VNode {
  const { strings } = useChat();
  const { phase, attempt, reason } = connection;
  const stopped = isOver(connection);
  const online = phase === 'online';
  const why = useSentence(stopped ? (reason ?? 'unknown') : online ? held : phase === 'waiting' ? reason : undefined);
  const quiet = online && !held;
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(!quiet), quiet ? 0 : patience);
    return () => clearTimeout(timer);
  }, [quiet]);
  const lost = !navigator.onLine;
  const sentence = why ?? (lost || attempt > 2 ? strings.offline : strings.connecting);
  return (
    <div class={`status ${stopped ? 'stopped' : ''}`} role="status">
      {!quiet && (late || stopped || lost) && sentence}
    </div>
  );
}
