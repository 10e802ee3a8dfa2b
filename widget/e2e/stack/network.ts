import { createServer, request } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { once } from 'node:events';
import { Transform } from 'node:stream';
import type { Duplex } from 'node:stream';

/**
 * What gets through: everything; everything but WebSockets, as behind proxies
 * that do not know them, or that swallow them without a word; everything but
 * the dialog, the page and the widget still load; only a page to sign in at, in
 * place of all that is asked for or by a redirect, as in hotels; nothing.
 */
export type Passing = 'all' | 'no sockets' | 'no upgrade' | 'swallowed sockets' | 'no dialog' | 'sign-in page' | 'sign-in redirect' | 'nothing';

/** What a network says instead, which wants its visitors to sign in first. Some of them let it be cached. */
const signIn = '<!doctype html><title>Sign in</title><h1>Welcome to our wireless network</h1>';
/** A host that no name server knows: the proxy answers for it. */
const portal = 'http://sign-in.invalid/';

/** Lets through so many bytes a second. */
function slowly(rate: number): Transform {
  return new Transform({
    transform(data: Buffer, _, done) {
      setTimeout(done, (data.length / rate) * 1000, null, data);
    },
  });
}

/** The bytes of the WebSocket frame at the beginning of what a browser sent (RFC 6455 section 5.2); undefined while its head is not whole. */
function frameSize(data: Buffer): number | undefined {
  const short = (data[1] ?? 0) & 0x7f;
  const mask = 4;
  const head = { 126: 4, 127: 10 }[short] ?? 2;
  if (data.length < head) return undefined;
  return head + mask + (short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short);
}

/** Tells when a browser says farewell on a WebSocket: its close frame may come in one piece with others, or in several. */
function onFarewell(socket: Duplex, heard: () => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    for (let size = frameSize(rest); size !== undefined && size <= rest.length; size = frameSize(rest)) {
      if (rest[0] === 0x88) heard();
      rest = rest.subarray(size);
    }
  });
}

/**
 * A network between a visitor's browser and the rest of the world: an HTTP
 * proxy that fails on demand, as real networks do and a browser's own switches
 * do not (Chromium's "offline" leaves open WebSockets alone).
 */
export class Network {
  readonly #server: Server;
  readonly #open = new Set<Duplex>();
  readonly #deaf = new Set<Duplex>();
  #passing: Passing = 'all';
  #upstream = Infinity;

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

  /** Has what browsers send, but for WebSockets, pass with so many bytes a second from now on, as at the edge of a mobile network. */
  slow(upstream: number): void {
    this.#upstream = upstream;
  }

  /**
   * Has the connections that are open stay so and carry nothing any more, in
   * both directions or only towards the visitor, as when the network forgets
   * them; new ones work. Resolves with the milliseconds after which the last
   * of them was given up by the browser.
   */
  async deafen(direction: 'both' | 'down' = 'both'): Promise<number> {
    const began = performance.now();
    const given = [...this.#open].filter((socket) => !this.#deaf.has(socket) && socket.listenerCount('deafen') > 0);
    await Promise.all(
      given.map(
        (socket) =>
          new Promise<void>((done) => {
            this.#deaf.add(socket);
            socket.emit('deafen', direction);
            // Nobody answers its farewell (RFC 6455 section 5.5.1), so that is the last that is heard of it for a while.
            onFarewell(socket, done);
            for (const end of ['end', 'close']) socket.on(end, () => done());
          }),
      ),
    );
    return performance.now() - began;
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
    if (this.#passing === 'sign-in redirect' && url.href !== portal) {
      res.writeHead(302, { location: portal }).end();
      return;
    }
    if (this.#passing.startsWith('sign-in')) {
      res.writeHead(200, { 'content-type': 'text/html', 'cache-control': 'max-age=600' }).end(signIn);
      return;
    }
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
    (this.#upstream < Infinity ? req.pipe(slowly(this.#upstream)) : req).pipe(onward);
  }

  /** Browsers reach WebSockets through a proxy by CONNECT, and what they ask their maker for, which is not here: to look for it may take half a minute. */
  #tunnel(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { hostname, port } = new URL(`http://${req.url}`);
    const upgrades = this.#passing === 'no upgrade' || this.#passing === 'swallowed sockets';
    if ((this.#passing !== 'all' && !upgrades) || hostname !== '127.0.0.1') {
      socket.end(this.#passing.startsWith('sign-in') ? `HTTP/1.1 302 Found\r\nLocation: ${portal}\r\n\r\n` : 'HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const established = 'HTTP/1.1 200 Connection established\r\n\r\n';
    if (upgrades) {
      socket.write(established);
      // Whoever swallows reads on and says nothing.
      if (this.#passing === 'no upgrade') socket.once('data', () => socket.end('HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
      else socket.resume();
      return;
    }
    const onward: Socket = connect(Number(port), hostname, () => {
      socket.write(established);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    socket.on('deafen', (direction: 'both' | 'down') => {
      onward.unpipe(socket).resume();
      if (direction === 'both') socket.unpipe(onward).resume();
    });
    this.#keep(onward);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => {
      if (!this.#deaf.has(socket)) socket.destroy();
    });
  }
}
