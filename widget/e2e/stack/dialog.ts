import type { Content, MatrixEvent, Operator, Room } from './operator';

/** One visitor's room, as the operator uses it. */
export class Dialog {
  /** The Matrix user who stands for the visitor. */
  readonly ghost: string;
  /** The visitor's message that made it known. */
  readonly first: MatrixEvent;
  readonly #operator: Operator;
  /** The room's id. */
  readonly id: string;

  constructor(operator: Operator, id: string, first: MatrixEvent) {
    this.#operator = operator;
    this.id = id;
    this.first = first;
    this.ghost = first.sender;
  }

  /** The visitor's messages that read like this, edits not counted. */
  said(text: string): MatrixEvent[] {
    return this.#room.events.filter((e) => e.sender === this.ghost && e.content.body === text);
  }

  /** What the visitor has said so far, in order. */
  texts(): unknown[] {
    const messages = this.#room.events.filter((e) => e.sender === this.ghost && e.type === 'm.room.message');
    return messages.map((e) => e.content.body);
  }

  /** Waits for the visitor's message with this text. */
  sees(text: string): Promise<MatrixEvent> {
    return this.event(JSON.stringify(text), (e) => e.sender === this.ghost && e.content.body === text);
  }

  event(what: string, matches: (event: MatrixEvent) => boolean, within?: number): Promise<MatrixEvent> {
    return this.#operator.wait(what, () => this.#room.events.find(matches), within);
  }

  /** Waits until the visitor types, or has stopped. */
  async seesTyping(on: boolean): Promise<void> {
    const right = (): true | undefined => this.#room.typing.includes(this.ghost) === on || undefined;
    await this.#operator.wait(`that the visitor ${on ? 'types' : 'has stopped typing'}`, right);
  }

  /** True if the user's receipt has stood at the event. */
  receipt(event: string, user: string): boolean {
    return this.#room.receipts.some((r) => r.event === event && r.user === user);
  }

  async seesReceipt(event: string, user: string): Promise<void> {
    await this.#operator.wait(`the receipt of ${user}`, () => this.receipt(event, user) || undefined);
  }

  says(text: string, more: Content = {}): Promise<string> {
    return this.sends('m.room.message', { msgtype: 'm.text', body: text, ...more });
  }

  /** Gives a command, and waits for the bot's answer. */
  async asks(command: string, within?: number): Promise<string> {
    const asked = await this.says(command);
    const answer = await this.event(`the answer to ${command}`, (e) => e.content['m.relates_to']?.['m.in_reply_to']?.event_id === asked, within);
    return answer.content.body ?? '';
  }

  replies(event: string, text: string): Promise<string> {
    return this.says(text, { 'm.relates_to': { 'm.in_reply_to': { event_id: event } } });
  }

  edits(event: string, text: string): Promise<string> {
    const content = { msgtype: 'm.text', body: text };
    return this.says(`* ${text}`, { 'm.new_content': content, 'm.relates_to': { rel_type: 'm.replace', event_id: event } });
  }

  reacts(event: string, key: string): Promise<string> {
    return this.sends('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: event, key } });
  }

  async sends(type: string, content: Content): Promise<string> {
    const answer = await this.#call<{ event_id: string }>('PUT', `send/${type}/${this.#operator.transaction()}`, content);
    return answer.event_id;
  }

  async removes(event: string): Promise<void> {
    await this.#call('PUT', `redact/${encodeURIComponent(event)}/${this.#operator.transaction()}`, {});
  }

  async types(on: boolean): Promise<void> {
    const user = encodeURIComponent(this.#operator.userID);
    await this.#call('PUT', `typing/${user}`, on ? { typing: true, timeout: 20_000 } : { typing: false });
  }

  async reads(event: string): Promise<void> {
    await this.#call('POST', `receipt/m.read/${encodeURIComponent(event)}`, {});
  }

  get #room(): Room {
    return this.#operator.rooms.get(this.id) ?? { events: [], receipts: [], typing: [] };
  }

  #call<T>(method: string, path: string, body: object): Promise<T> {
    return this.#operator.call<T>(method, `v3/rooms/${encodeURIComponent(this.id)}/${path}`, body);
  }
}
