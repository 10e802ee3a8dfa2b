import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of another site than the shop's: browsers know this machine by two names. */
export class Around {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Around> {
    // Each page says its own content in its address.
    const server = createServer((request, answer) => {
      const { searchParams } = new URL(request.url ?? '', 'http://around');
      answer.writeHead(200, { 'content-type': searchParams.get('type') ?? 'text/html; charset=utf-8' }).end(searchParams.get('body') ?? '');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Around(server);
  }

  /** Where such a page is. */
  page(body: string, type = 'text/html; charset=utf-8'): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}/?${new URLSearchParams({ type, body })}`;
  }

  /** Where a page is that shows another in a frame. */
  framed(url: string, attributes = ''): string {
    return this.page(`<!doctype html><html lang="en"><title>Around</title><link rel="icon" href="data:,"><iframe title="Shop" style="border:0;width:900px;height:680px" allow="local-network-access" ${attributes} src="${url}"></iframe>`);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
