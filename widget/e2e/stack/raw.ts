import { randomBytes } from 'node:crypto';
import type { Facts } from './start';

/** A frame of the chat's protocol, see bridge/gateway/wire. */
export type Frame = Readonly<Record<string, unknown>>;

/** A visitor without a browser, who can say what no widget would. */
export class Raw {
  readonly secret: string;
  readonly #facts: Facts;
  readonly #site: string;
  #count = 0;

  /** With the secret of a browser it is one more tab of that one. */
  constructor(facts: Facts, site = facts.site, secret = randomBytes(32).toString('base64url')) {
    this.#facts = facts;
    this.#site = site;
    this.secret = secret;
  }

  /** A frame with a key of its own. */
  frame(t: string, more: Frame): Frame {
    return { t, cid: `raw-frame-${++this.#count}`, ...more };
  }

  /** Says frames from a page, and resolves with what is answered; refused ones fail. */
  async says(page: Frame, ...frames: Frame[]): Promise<Frame[]> {
    const answer = await this.#post('frames', { hello: { t: 'hello', secret: this.secret, page }, frames });
    const all = ((await answer.json()) as { frames: Frame[] }).frames;
    const refused = all.find(({ t }) => t === 'error');
    if (refused) throw new Error(`refused: ${JSON.stringify(refused)}`);
    return all;
  }

  /** Says who it is, as a page does without a token. */
  async identifies(person: Frame): Promise<void> {
    await this.#post('identity', { secret: this.secret, person });
  }

  /** Sends a file, and resolves with the address under which it is had again. */
  async attaches(page: Frame, name: string, type: string, text: string): Promise<string> {
    const bytes = Buffer.from(text);
    const [, asked] = await this.says(page, this.frame('upload', { name, type, size: bytes.length }));
    const { url, file } = asked as { url: string; file: string };
    const put = await fetch(url, { method: 'PUT', body: bytes, headers: { 'content-type': type, origin: this.#origin } });
    if (!put.ok) throw new Error(`upload: ${put.status} ${await put.text()}`);
    await this.says(page, this.frame('message', { file }));
    const [, link] = await this.says(page, { t: 'file', file });
    return (link as { url: string }).url;
  }

  get #origin(): string {
    return new URL(this.#facts.visitor_url).origin;
  }

  async #post(path: string, body: object): Promise<Response> {
    const answer = await fetch(`${this.#facts.public_url}/v1/${this.#site}/${path}`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', origin: this.#origin } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }
}
