import type { Contact, ContactChange, Deal, DealChange, DialogChange, List, RoomKind, Site, Visit } from './forms';
import { ask, newKey } from './http';
import type { Asked } from './http';
import { problemOf } from './problem';

/** The values of a query; what is empty is left out. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Who asks. */
export interface Bearer {
  /** Who is signed in, or was last; undefined before anybody was. */
  readonly operator: string | undefined;
  /** The session's secret; waits while there is none. It is refused where another than `of` comes in. */
  secret(of?: string): Promise<string>;
  /** Says that the secret opens nothing here any more; why is the problem's code. */
  ended(secret: string, why: string): void;
}

/** An act with a key of one's own is done once, however often it is asked. */
interface Act {
  readonly key?: string | undefined;
  /** Whose act it is: who is signed in as it begins, unless it is a part of something longer. */
  readonly as?: string | undefined;
}

/** A site's REST API (bridge/desk/api), as an operator. Methods throw ApiProblem. */
export class Api {
  readonly #site: string;
  readonly #bearer: Bearer;

  /** base is the bridge's public URL, with a slash at its end. */
  constructor(base: string, site: string, bearer: Bearer) {
    this.#site = `${base}api/v1/sites/${encodeURIComponent(site)}`;
    this.#bearer = bearer;
  }

  /** In whose name is asked. */
  get operator(): string | undefined {
    return this.#bearer.operator;
  }

  site(signal?: AbortSignal): Promise<Site> {
    return this.get('', {}, signal);
  }

  room(id: string, signal?: AbortSignal): Promise<RoomKind> {
    return this.get(`/rooms/${encodeURIComponent(id)}`, {}, signal);
  }

  contact(id: string, signal?: AbortSignal): Promise<Contact> {
    return this.get(of(id), {}, signal);
  }

  pages(id: string, signal?: AbortSignal): Promise<List<Visit>> {
    return this.get(`${of(id)}/pages`, {}, signal);
  }

  change(id: string, change: ContactChange, act?: Act): Promise<Contact> {
    return this.act('PATCH', of(id), change, act);
  }

  addTag(id: string, tag: string, act?: Act): Promise<Contact> {
    return this.act('PUT', `${of(id)}/tags/${encodeURIComponent(tag)}`, undefined, act);
  }

  removeTag(id: string, tag: string, act?: Act): Promise<Contact> {
    return this.act('DELETE', `${of(id)}/tags/${encodeURIComponent(tag)}`, undefined, act);
  }

  setVariable(id: string, name: string, value: string, act?: Act): Promise<Contact> {
    return this.act('PUT', `${of(id)}/variables/${encodeURIComponent(name)}`, { value }, act);
  }

  unsetVariable(id: string, name: string, act?: Act): Promise<Contact> {
    return this.act('DELETE', `${of(id)}/variables/${encodeURIComponent(name)}`, undefined, act);
  }

  changeDialog(id: string, change: DialogChange, act?: Act): Promise<Contact> {
    return this.act('PATCH', `${of(id)}/dialog`, change, act);
  }

  runChain(id: string, chain: string, act?: Act): Promise<void> {
    return this.act('POST', `${of(id)}/chains/${encodeURIComponent(chain)}`, undefined, act);
  }

  handToAssistant(id: string, assistant: string, act?: Act): Promise<void> {
    return this.act('POST', `${of(id)}/assistants/${encodeURIComponent(assistant)}`, undefined, act);
  }

  deals(id: string, signal?: AbortSignal): Promise<List<Deal>> {
    return this.get(`${of(id)}/deals`, {}, signal);
  }

  deal(id: string, number: number, signal?: AbortSignal): Promise<Deal> {
    return this.get(`${of(id)}/deals/${number}`, {}, signal);
  }

  addDeal(id: string, deal: DealChange, act?: Act): Promise<Deal> {
    return this.act('POST', `${of(id)}/deals`, deal, act);
  }

  changeDeal(id: string, number: number, change: DealChange, act?: Act): Promise<Deal> {
    return this.act('PATCH', `${of(id)}/deals/${number}`, change, act);
  }

  /** What `!export` writes, as a file. */
  export(id: string): Promise<Blob> {
    return this.download(`${of(id)}/export`);
  }

  /** Erases the visitor; number must be the contact's own. */
  erase(id: string, number: number, act?: Act): Promise<void> {
    return this.act('DELETE', of(id), { number }, act);
  }

  /** Asks for what does not change by that. path begins with a slash, or is empty for the site itself. */
  async get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const answer = await this.#ask({ url: this.#url(path, query), signal });
    return (await answer.json()) as T;
  }

  /** Does something, once, even where it is asked again because an answer was lost. */
  async act<T>(method: string, path: string, body?: unknown, { key = newKey(), as }: Act = {}): Promise<T> {
    const answer = await this.#ask({ method, url: this.#url(path), key, body }, as);
    const text = await answer.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /** A file; asked with the secret in a header, so it stands in no URL. */
  async download(path: string, query: Query = {}): Promise<Blob> {
    const answer = await this.#ask({ url: this.#url(path, query) });
    return answer.blob();
  }

  /** A session that has ended is begun anew, and what was asked is asked once more: by the same operator, or not at all. */
  async #ask(asked: Asked, as = this.#bearer.operator): Promise<Response> {
    const secret = await this.#bearer.secret(as);
    try {
      return await ask({ ...asked, bearer: secret });
    } catch (error) {
      const { status, code } = problemOf(error);
      if (code === 'not_operator') this.#bearer.ended(secret, code);
      if (status !== 401) throw error;
      this.#bearer.ended(secret, 'bad_session');
      return ask({ ...asked, bearer: await this.#bearer.secret(as) });
    }
  }

  #url(path: string, query: Query = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '' && value !== false);
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.#site + path + (search && `?${search}`);
  }
}

function of(contact: string): string {
  return `/contacts/${encodeURIComponent(contact)}`;
}
