import { setTimeout as pause } from 'node:timers/promises';
import type { Facts } from './start';

/** A program of the owner of the site mails, which asks bridge/desk/api in an operator's name. */
export class Program {
  readonly #facts: Facts;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Does something; what is refused for its haste it does again, and anything else that is refused fails. */
  async does(method: string, path: string, body: object): Promise<void> {
    const { public_url: bridge, identity_secret: token } = this.#facts;
    const answer = await fetch(`${bridge}/api/v1/sites/mails${path}`, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } });
    if (answer.status === 429) {
      await pause(1000 * Number(answer.headers.get('retry-after') ?? 1));
      return this.does(method, path, body);
    }
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }
}
