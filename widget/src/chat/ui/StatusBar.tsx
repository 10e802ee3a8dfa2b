import { h } from 'preact';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Connection } from '../connection';
import { useChat, useSentence } from './context';

/** Milliseconds that a reconnect may take before it is worth a word. */
const patience = 800;

/** Says so when there is no connection; silent while all is well. */
export function StatusBar({ connection }: { readonly connection: Connection }): VNode {
  const { strings } = useChat();
  const { phase, attempt, reason } = connection;
  const stopped = phase === 'stopped';
  const why = useSentence(stopped ? (reason ?? 'unknown') : phase === 'waiting' ? reason : undefined);
  const quiet = phase === 'online';
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(!quiet), quiet ? 0 : patience);
    return () => clearTimeout(timer);
  }, [quiet]);
  const sentence = why ?? (!navigator.onLine || attempt > 2 ? strings.offline : strings.connecting);
  return (
    <div class={`status ${stopped ? 'stopped' : ''}`} role="status">
      {!quiet && (late || stopped) && sentence}
    </div>
  );
}
