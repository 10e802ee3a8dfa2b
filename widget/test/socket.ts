import type { ClientFrame, ServerFrame } from '../src/chat/wire';

/** A WebSocket as the browser shows it; the test is the other side. */
export class Socket {
  static readonly OPEN = 1;
  static readonly all: Socket[] = [];
  readyState = 1;
  readonly sent: ClientFrame[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor() {
    Socket.all.push(this);
  }
  static get last(): Socket {
    const last = Socket.all.at(-1);
    if (!last) throw new Error('no WebSocket was opened');
    return last;
  }
  send(frame: string): void {
    this.sent.push(JSON.parse(frame) as ClientFrame);
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.();
  }
  hears(...frames: ServerFrame[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) });
  }
  breaks(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason });
  }
}
