import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Connection } from '../connection';
import type { Code } from '../wire';
import type { Strings } from '../../i18n/strings';
import { useChat } from './context';

/** Milliseconds that a reconnect may take before it is worth a word. */
const patience = 800;

/** Says so when there is no connection; silent while all is well. */
export function StatusBar({ connection }: { readonly connection: Connection }): VNode {
  const { strings } = useChat();
  const sentence = says(connection, strings);
  const stopped = connection.phase === 'stopped';
  const [late, setLate] = useState(false);
  const quiet = !sentence;
  useEffect(() => {
    if (quiet) {
      setLate(false);
      return;
    }
    const timer = setTimeout(() => setLate(true), patience);
    return () => clearTimeout(timer);
  }, [quiet]);
  return (
    <div class={`status ${stopped ? 'stopped' : ''}`} role="status">
      {(late || stopped) && sentence}
    </div>
  );
}

function says(c: Connection, strings: Strings): string | undefined {
  switch (c.phase) {
    case 'online':
      return undefined;
    case 'stopped':
      return strings.errors[c.reason as Code] ?? strings.errors.unknown;
    default:
      return !navigator.onLine || c.attempt > 2 ? strings.offline : strings.connecting;
  }
}
