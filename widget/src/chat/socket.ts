import type { Link, LinkEvents } from './link';
import { parseFrame } from './parse';
import { subprotocol } from './wire';

/** Opens a WebSocket to the gateway at endpoint, {public_url}/v1/{site}/, and says hello. */
export function openSocket(endpoint: string, on: Omit<LinkEvents, 'found'>): Link {
  const ws = new WebSocket(`${endpoint.replace(/^http/, 'ws')}socket`, subprotocol);
  ws.onopen = () => ws.send(JSON.stringify(on.hello()));
  ws.onmessage = (event) => {
    const frame = parseFrame(event.data);
    if (frame) on.frame(frame);
  };
  ws.onclose = (event) => on.closed(event.code);
  return {
    send(frame) {
      // OPEN, a constant that one which a page has wrapped may lack.
      if (ws.readyState === 1) ws.send(JSON.stringify(frame));
    },
    close() {
      ws.onopen = ws.onmessage = ws.onclose = null;
      ws.close();
    },
  };
}
