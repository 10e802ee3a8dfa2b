import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, extname, join, resolve } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const built = resolve('../build/bench/widgets');
const types: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css' };

/** What Typebot's server answers when a visitor opens the bubble: a greeting, or so many messages without pauses, and a box to write in. */
function started(messages: number): object {
  const texts = messages > 0 ? Array.from({ length: messages }, (_, i) => `Message ${i + 1}`) : ['Hello!'];
  return {
    sessionId: 'bench',
    typebot: { id: 'shop', version: '6', theme: {}, settings: { typingEmulation: { enabled: false } } },
    messages: texts.map((text, i) => ({ id: `greeting${i}`, type: 'text', content: { type: 'richText', richText: [{ type: 'p', children: [{ text }] }] } })),
    input: { id: 'input', type: 'text input', options: { labels: { placeholder: 'Message' } } },
  };
}

/** Serves the other widgets as a good host does: brotli, on another origin than the page. */
export class Others {
  readonly url: string;
  readonly #server: Server;
  readonly #packed: Map<string, Buffer>;

  private constructor(server: Server, packed: Map<string, Buffer>) {
    this.#server = server;
    this.#packed = packed;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  static async start(files: string[]): Promise<Others> {
    const packed = new Map<string, Buffer>();
    for (const file of files) packed.set(file, brotliCompressSync(await readFile(join(built, file))));
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return new Others(server, packed);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const headers = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };
    const { pathname } = new URL(request.url ?? '/', this.url);
    const name = basename(pathname);
    const file = this.#packed.get(name);
    if (file) {
      response.writeHead(200, { ...headers, 'content-type': types[extname(name)] ?? '', 'content-encoding': 'br', 'cache-control': 'max-age=31536000, immutable' });
      response.end(file);
    } else if (request.method === 'OPTIONS' || name !== 'startChat') {
      response.writeHead(request.method === 'OPTIONS' ? 204 : 404, headers).end();
    } else {
      response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(started(Number(/^\/(\d+)\//.exec(pathname)?.[1] ?? 0))));
    }
  }
}
