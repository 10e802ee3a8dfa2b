import type { Host } from '../loader/host';
import type { Dismissed, Exchange, Identify, Mails, SignOut, Transcript } from './wire';

/** The gateway says no, for good or for a while; the code is that of a public error. */
export class Refused extends Error {
  readonly code: string;
  /** Milliseconds; 0 if trying again is of no use. */
  readonly after: number;

  constructor(code: string, text: string, after: number) {
    super(text);
    this.name = code;
    this.code = code;
    this.after = after;
  }
}

/** Asks the gateway, once, and returns its answer. Rejects with Refused, or as fetch does. */
export async function ask(host: Host, what: 'identity' | 'sign-out' | 'transcript' | 'mails' | 'dismissed' | 'frames', body: Identify | SignOut | Transcript | Mails | Dismissed | Exchange): Promise<Response> {
  const response = await fetch(`${host.base}v1/${host.settings.site}/${what}`, {
    method: 'POST',
    body: JSON.stringify(body),
    // As text it needs no CORS preflight.
    headers: { 'content-type': 'text/plain' },
    credentials: 'omit',
    cache: 'no-store',
    referrerPolicy: 'no-referrer',
    // Who signs out mostly leaves the page in the same moment.
    keepalive: true,
  });
  if (response.ok) return response;
  const answer = (await response.json()) as { code?: string; text?: string; retry_after?: number };
  throw new Refused(answer.code ?? 'unknown', answer.text ?? response.statusText, answer.retry_after ?? 0);
}

/** Asks the gateway for a small answer; undefined if it has nothing to say. */
export async function post(host: Host, what: 'identity' | 'sign-out' | 'dismissed', body: Identify | SignOut | Dismissed): Promise<unknown> {
  const response = await ask(host, what, body);
  return response.status === 204 ? undefined : response.json();
}

/** One line for who wrote the page. */
export function complain({ life }: Host, error: unknown): void {
  if (!life.signal.aborted) console.error('Anteroom:', error instanceof Refused ? `${error.code}: ${error.message}` : error);
}
