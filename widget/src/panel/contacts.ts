import type { Contact, LiveFrame } from './forms';
import type { Api } from './api';
import type { Live } from './live';

/** How many contacts are remembered that nobody looks at. */
const most = 500;

/** What is known of the site's contacts, kept as new as the live socket is. */
export class Contacts {
  readonly #api: Api;
  readonly #known = new Map<string, Contact>();
  readonly #gone = new Set<string>();
  readonly #typing = new Set<string>();
  readonly #news = new Map<string, number>();
  readonly #changed = new Set<() => void>();
  #count = 0;

  constructor(api: Api, live: Live) {
    this.#api = api;
    live.hear((frame) => this.#heard(frame));
  }

  get(id: string): Contact | undefined {
    const contact = this.#known.get(id);
    // Whom somebody looks at is asked for at each change, and so is never the first one.
    if (contact) this.#keep(contact);
    return contact;
  }

  /** True for one that was erased while the panel was open, or of whom the bridge knows nothing. */
  gone(id: string): boolean {
    return this.#gone.has(id);
  }

  typing(id: string): boolean {
    return this.#typing.has(id);
  }

  /** Forgets that somebody types: that they stopped is told to those only who watch them. */
  forgetTyping(id: string): void {
    if (this.#typing.delete(id)) this.#tell();
  }

  /** Calls back when any contact has changed. */
  subscribe(changed: () => void): () => void {
    this.#changed.add(changed);
    return () => void this.#changed.delete(changed);
  }

  /** Asks the bridge; what the socket says meanwhile is newer and stays. */
  async load(id: string, signal?: AbortSignal): Promise<void> {
    const before = this.#news.get(id);
    const contact = await this.#api.contact(id, signal);
    if (this.#news.get(id) === before) this.put([contact]);
  }

  /**
   * Takes over what an act answers. Where the socket spoke of the contact
   * meanwhile, nobody knows which of the two is newer, so it is asked again.
   */
  async after(id: string, act: Promise<Contact>): Promise<void> {
    const before = this.#news.get(id);
    const contact = await act;
    if (this.#news.get(id) === before) this.put([contact]);
    else await this.load(id).catch(() => undefined); // the act is done; the socket tells what it became
  }

  /** What the socket has said so far; who asks for a list keeps it for putListed. */
  get heard(): number {
    return this.#count;
  }

  /** Takes over a list that was asked for when so much was heard; what the socket said since is newer and stays. */
  putListed(contacts: readonly Contact[], heard: number): void {
    this.put(contacts.filter(({ id }) => (this.#news.get(id) ?? 0) <= heard));
  }

  /** Takes over what an answer or the socket has. */
  put(contacts: readonly Contact[]): void {
    for (const contact of contacts) {
      // What only the card has, no list takes away.
      this.#keep({ ...this.#known.get(contact.id), ...contact });
    }
    for (const id of this.#known.keys()) {
      if (this.#known.size <= most) break;
      this.#known.delete(id);
    }
    this.#tell();
  }

  /** Behind all others, so that the first one is the one that nobody has looked at, nor spoken of, for longest. */
  #keep(contact: Contact): void {
    this.#known.delete(contact.id);
    this.#known.set(contact.id, contact);
  }

  /** Forgets one that was erased. */
  drop(id: string): void {
    this.#known.delete(id);
    this.#gone.add(id);
    this.#tell();
  }

  #heard(frame: LiveFrame): void {
    switch (frame.type) {
      case 'contact':
        this.#hear([frame.contact]);
        break;
      case 'changed':
        this.#hear(frame.contacts);
        break;
      case 'typing':
        if (frame.on) this.#typing.add(frame.contact);
        else this.#typing.delete(frame.contact);
        this.#tell();
        break;
      case 'gone':
        this.drop(frame.contact);
        break;
      case 'ready':
        this.#typing.clear();
        break;
      case 'refresh':
      case 'end':
        break;
    }
  }

  #hear(contacts: readonly Contact[]): void {
    this.#count++;
    for (const { id } of contacts) this.#news.set(id, this.#count);
    this.put(contacts);
  }

  #tell(): void {
    for (const changed of this.#changed) changed();
  }
}
