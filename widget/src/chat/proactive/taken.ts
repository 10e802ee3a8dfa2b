import type { Host } from '../../loader/host';
import { tell } from '../lane';

/** Tells the bridge, as soon as there is a connection, that the visitor took the message into the chat. */
export function take(host: Host, name: string): void {
  tell(host, { t: 'proactive', name });
}
