import type { Bearer } from './api';
import type { Host } from './host';
import { ask } from './http';
import type { Place } from './place';
import { ApiProblem, problemOf } from './problem';

/** A session as the bridge gave it. It is of a user, for all sites of which that user is an operator. */
export interface Session {
  readonly session: string;
  readonly operator: string;
  readonly expires_at: string;
}

/** How somebody can sign in: by the client around the panel, or by a link that `!panel` gives. */
export type Way = 'client' | 'link';

export type SignIn =
  /** It is being asked, of the client or of the bridge. */
  | { readonly state: 'asking'; readonly way: Way }
  | { readonly state: 'in'; readonly session: Session }
  /** A link would sign in another than who is here: nothing happens before the person wants it. */
  | { readonly state: 'offered'; readonly as: string; readonly stay: string | undefined }
  /** why is the code of a problem, or undefined where nobody has tried yet. */
  | { readonly state: 'out'; readonly way: Way; readonly why: string | undefined; readonly detail: string; readonly stay?: string | undefined };

/** Where the session is kept. In a client's frame the browser keeps it apart for that client. */
const shelf = 'anteroom.panel';
/** Having failed, the client is not asked again by itself within so many milliseconds. */
const calm = 30_000;

/** Who is signed in, how that came, and how it comes again. */
export class Sessions implements Bearer {
  readonly #door: string;
  readonly #site: string;
  readonly #host: Host | undefined;
  readonly #changed = new Set<() => void>();
  readonly #waiting = new Set<(session: Session) => void>();
  #operator: string | undefined;
  #offered = '';
  #user: string | undefined;
  #tried = -Infinity;
  #state: SignIn;

  constructor(place: Place, host: Host | undefined) {
    this.#door = `${place.base}panel/v1/session`;
    this.#site = place.site;
    this.#host = host;
    this.#user = place.user;
    this.#state = { state: 'asking', way: this.way };
    addEventListener('storage', (event) => {
      if (event.key === shelf || event.key === null) this.#elsewhere();
    });
  }

  get state(): SignIn {
    return this.#state;
  }

  get way(): Way {
    return this.#host ? 'client' : 'link';
  }

  get operator(): string | undefined {
    return this.#operator;
  }

  subscribe(changed: () => void): () => void {
    this.#changed.add(changed);
    return () => void this.#changed.delete(changed);
  }

  /** Signs in as the address says: by its link, by what is kept, by the client. */
  async begin(link: string | undefined, as?: string): Promise<void> {
    const kept = this.#kept();
    if (link) {
      // Every link of the bridge says whose it is; one that does not was cut short, or made by somebody else.
      if (!as) return this.#out('bad_link');
      this.#offered = link;
      if (kept?.operator === as) return this.#follow(as);
      return this.#turn({ state: 'offered', as, stay: kept?.operator });
    }
    if (kept) return this.#enter(kept);
    return this.#host ? this.askClient() : this.#turn({ state: 'out', way: 'link', why: undefined, detail: '' });
  }

  /** Follows the link that is offered. */
  async accept(): Promise<void> {
    if (this.#state.state === 'offered') await this.#follow(this.#state.as);
  }

  /** Leaves the link alone: whoever was signed in is so still. */
  stay(): void {
    const kept = this.#kept();
    if (kept) this.#enter(kept);
    else this.#out('bad_session');
  }

  /** Has the client prove who the person is. */
  async askClient(): Promise<void> {
    const host = this.#host;
    if (!host) return;
    this.#tried = Date.now();
    await this.#ask('client', async () => {
      const openid = await host.openID().catch(() => {
        throw new ApiProblem('declined', 0);
      });
      return { openid, site: this.#site };
    });
  }

  async secret(of?: string): Promise<string> {
    const { session, operator } = this.#state.state === 'in' ? this.#state.session : await new Promise<Session>((go) => this.#waiting.add(go));
    if (of !== undefined && of !== operator) throw new ApiProblem('other_operator', 0);
    return session;
  }

  ended(secret: string, why: string): void {
    if (this.#state.state !== 'in' || this.#state.session.session !== secret) return;
    // The session may be good for other sites.
    if (why === 'not_operator') return this.#turn({ state: 'out', way: this.way, why, detail: '' });
    const kept = this.#kept();
    // Another tab has signed in meanwhile.
    if (kept && kept.session !== secret) return this.#enter(kept);
    this.#forget();
    if (this.#host && Date.now() - this.#tried > calm) void this.askClient();
    else this.#turn({ state: 'out', way: this.way, why: 'bad_session', detail: '' });
  }

  /** Ends the session, here and at the bridge. */
  async signOut(): Promise<void> {
    if (this.#state.state !== 'in') return;
    const { session } = this.#state;
    this.#forget();
    this.#turn({ state: 'out', way: this.way, why: 'signed_out', detail: '' });
    await this.#end(session);
  }

  async #follow(as: string): Promise<void> {
    await this.#ask('link', () => Promise.resolve({ link: this.#offered }), as);
  }

  /** With `as`, nobody else comes in. */
  async #ask(way: Way, proof: () => Promise<object>, as?: string): Promise<void> {
    this.#turn({ state: 'asking', way });
    try {
      const answer = await ask({ method: 'POST', url: this.#door, body: await proof() });
      const session = (await answer.json()) as Session;
      if (as !== undefined && as !== session.operator) {
        await this.#end(session);
        throw new ApiProblem('other_operator', 0);
      }
      // Whoever the client shows: the link has said who comes in.
      if (way === 'link') this.#user = undefined;
      this.#keep(session);
      this.#enter(session);
    } catch (error) {
      const { code, message } = problemOf(error);
      this.#out(code, message);
    }
  }

  /** Nobody comes in by what was tried; who was signed in before can go on. */
  #out(why: string, detail = ''): void {
    this.#turn({ state: 'out', way: this.way, why, detail, stay: this.#kept()?.operator });
  }

  /** Where the bridge cannot be reached, the session ends there by its age. */
  async #end({ session }: Session): Promise<void> {
    await ask({ method: 'DELETE', url: this.#door, bearer: session }).catch(() => undefined);
  }

  #enter(session: Session): void {
    this.#operator = session.operator;
    this.#turn({ state: 'in', session });
    for (const go of this.#waiting) go(session);
    this.#waiting.clear();
  }

  /** Another tab signed in or out. */
  #elsewhere(): void {
    const kept = this.#kept();
    // The question stays: a link is followed or left by who was asked.
    if (this.#state.state === 'offered') this.#turn({ ...this.#state, stay: kept?.operator });
    else if (kept) this.#enter(kept);
    else if (this.#state.state === 'in') this.#turn({ state: 'out', way: this.way, why: 'signed_out', detail: '' });
  }

  #kept(): Session | undefined {
    const kept = read();
    // The client may be another person's by now.
    const other = this.#user !== undefined && kept?.operator !== this.#user;
    return kept && !other && Date.parse(kept.expires_at) > Date.now() ? kept : undefined;
  }

  #keep(session: Session): void {
    try {
      localStorage.setItem(shelf, JSON.stringify(session));
    } catch {
      // Without storage the session lasts as long as the page.
    }
  }

  #forget(): void {
    try {
      localStorage.removeItem(shelf);
    } catch {
      // It was not kept either.
    }
  }

  #turn(state: SignIn): void {
    this.#state = state;
    for (const changed of this.#changed) changed();
  }
}

function read(): Session | undefined {
  try {
    const kept = JSON.parse(localStorage.getItem(shelf) ?? 'null') as Session | null;
    return kept && typeof kept.session === 'string' && typeof kept.operator === 'string' ? kept : undefined;
  } catch {
    return undefined;
  }
}
