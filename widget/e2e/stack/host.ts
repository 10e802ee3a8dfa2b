import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { build } from 'vite';
import type { BrowserContext, FrameLocator, Page } from 'playwright-core';
import type { IWidget } from 'matrix-widget-api/lib/interfaces/IWidget';
import type { Asked } from './client/client';
import type { Operator } from './operator';

const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A Matrix client</title>
<link rel="icon" href="data:,"><style>html,body,iframe{box-sizing:border-box;height:100%;width:100%;margin:0;border:0;display:block}</style>
<body><script type="module" src="/client.js"></script>`;

/** The web server of a Matrix client, whose origin is another than the bridge's. */
export class ClientSite {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<ClientSite> {
    const script = await bundle();
    const server = createServer((request, answer) => {
      const isScript = request.url === '/client.js';
      answer.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' }).end(isScript ? script : page);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ClientSite(server);
  }

  /** Opens the client where the operator is signed in, with the panel beside the room. */
  async open(context: BrowserContext, operator: Operator, room: string, look: Look = {}): Promise<Beside> {
    const tab = await context.newPage();
    await tab.exposeFunction('requestOpenID', () => operator.call('POST', `v3/user/${encodeURIComponent(operator.userID)}/openid/request_token`, {}));
    await tab.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`);
    const beside = new Beside(tab, operator);
    await beside.show(room, look);
    return beside;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

interface Look {
  readonly theme?: string;
  readonly language?: string;
}

/** The panel beside a room in a Matrix client. */
export class Beside {
  readonly page: Page;
  /** The panel. */
  readonly panel: FrameLocator;
  readonly #operator: Operator;

  constructor(tab: Page, operator: Operator) {
    this.page = tab;
    this.panel = tab.frameLocator('iframe');
    this.#operator = operator;
  }

  /** Goes to a room and shows its panel, as its state event says. */
  async show(room: string, { theme = 'light', language = 'en' }: Look = {}): Promise<void> {
    const widget = await panelOf(this.#operator, room);
    if (!widget) throw new Error(`there is no panel in ${room}`);
    await this.page.evaluate((shown) => window.client.show(shown), { widget, room, user: this.#operator.userID, theme, language });
  }

  /** Says in the client's own question that the panel may know who it is. */
  async allows(): Promise<void> {
    await this.page.getByRole('button', { name: 'Continue' }).click();
  }

  async declines(): Promise<void> {
    await this.page.getByRole('button', { name: 'Cancel' }).click();
  }

  asked(): Promise<Asked> {
    return this.page.evaluate(() => window.client.asked);
  }

  /** The client says something; the panel has answered when this returns. */
  async sends(action: string, data: object): Promise<void> {
    await this.page.evaluate(([a, d]) => window.client.send(a, d), [action, data] as const);
  }
}

/** The panel's state event of the room; undefined while there is none. */
export async function panelOf(operator: Operator, room: string): Promise<IWidget | undefined> {
  const path = `v3/rooms/${encodeURIComponent(room)}/state/im.vector.modular.widgets/chat.anteroom.panel`;
  return operator.call<IWidget>('GET', path).catch(() => undefined);
}

/** The script of the client's page. */
async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: [{ find: /^matrix-widget-api\/lib\//, replacement: 'matrix-widget-api/src/' }] },
    build: { write: false, minify: false, modulePreload: false, rolldownOptions: { input: resolve('e2e/stack/client/client.ts'), output: { format: 'es' } } },
  });
  const chunk = [built].flat().flatMap((b) => ('output' in b ? b.output : [])).find((o) => o.type === 'chunk');
  if (!chunk) throw new Error('The page of the Matrix client was not built.');
  return chunk.code;
}
