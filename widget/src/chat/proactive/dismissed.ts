import type { Host } from '../../loader/host';
import { post } from '../post';

/** Has it counted that somebody sent the message away; who it was is not said. Not counted is not worth a word. */
export function tell(host: Host, name: string): void {
  post(host, 'dismissed', { name }).catch(() => undefined);
}
