import type { Connection } from './connection';
import type { Link, LinkEvents } from './link';
import { openSocket } from './socket';

/**
 * Opens a link of either kind to endpoint, {public_url}/v1/{site}/. It can be
 * closed at once, also while the code of the fall-back is still loading; a
 * link that cannot even be tried is closed like one that broke.
 */
export function openLink(via: Connection['via'], endpoint: string, on: LinkEvents): Link {
  let open = true;
  let link: Link | undefined;
  const start = async (): Promise<void> => {
    if (via === 'socket') {
      link = openSocket(endpoint, on);
    } else {
      const { openPoll } = await import('./poll');
      if (open) link = openPoll(endpoint, on);
    }
  };
  start().catch(() => open && on.closed());
  return {
    send: (frame) => link?.send(frame),
    close() {
      open = false;
      link?.close();
    },
  };
}
