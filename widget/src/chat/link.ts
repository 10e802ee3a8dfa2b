import type { ClientFrame, Hello, ServerFrame } from './wire';

/** One connection to the gateway, over a WebSocket or the fall-back. */
export interface Link {
  send(frame: ClientFrame): void;
  /** Ends the link; no event comes after it. */
  close(): void;
}

export interface LinkEvents {
  /** Called when the hello is sent, so that it says where the tab stands then. */
  hello(): Hello;
  frame(frame: ServerFrame): void;
  /** The link goes on by a WebSocket; its welcome comes next. */
  found(): void;
  /** The link is gone and will not come back: WebSocket close code, milliseconds to wait. */
  closed(code?: number, after?: number): void;
}
