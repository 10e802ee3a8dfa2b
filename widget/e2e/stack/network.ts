import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';

/**
 * What gets through: everything; everything but WebSockets, as behind proxies
 * that do not know them; everything but the dialog, the page and the widget
 * still load; nothing.
 */
export type Passing = 'all' | 'no sockets' | 'no dialog' | 'nothing';

/**
 * A network between a visitor's browser and the rest of the world: an HTTP
 * proxy that fails on demand, as real networks do and a browser's own switches
 * do not (Chromium's "offline" leaves open WebSockets alone).
 */
export class Network {
  readonly #server: Server;
  readonly #open = new Set<Duplex>();
  #passing: Passing = 'all';

  private constructor() {
    this.#server = createServer((req, res) => this.#forward(req, res));
    this.#server.on('connection', (socket) => this.#keep(socket));
    this.#server.on('connect', (req, socket: Duplex, head) => this.#tunnel(req, socket, head));
  }

  static async start(): Promise<Network> {
    const network = new Network();
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  /** Playwright's proxy option. */
  get proxy(): { server: string; bypass: string } {
    const { port } = this.#server.address() as AddressInfo;
    // Without this, Chromium goes past proxies to this machine.
    return { server: `http://127.0.0.1:${port}`, bypass: '<-loopback>' };
  }

  /** Changes what gets through and breaks all connections. */
  pass(passing: Passing): void {
    this.#passing = passing;
    for (const socket of this.#open) socket.destroy();
  }

  stop(): void {
    this.pass('nothing');
    this.#server.close();
  }

  #keep(socket: Duplex): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    // A connection that is broken off is what this is for.
    socket.on('error', () => socket.destroy());
  }

  #forward(req: IncomingMessage, res: ServerResponse): void {
    const url = new URL(req.url ?? '');
    const passes = this.#passing === 'no dialog' ? !url.pathname.startsWith('/v1/') : this.#passing !== 'nothing';
    if (!passes) {
      req.socket.destroy();
      return;
    }
    const onward = request(url, { method: req.method, headers: req.headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    });
    onward.on('error', () => req.socket.destroy());
    res.on('close', () => onward.destroy());
    req.pipe(onward);
  }

  /** Browsers reach WebSockets through a proxy by CONNECT, and nothing else here. */
  #tunnel(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.#passing !== 'all') {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const { hostname, port } = new URL(`http://${req.url}`);
    const onward: Socket = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    this.#keep(onward);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  }
}
