import { vi } from 'vitest';
import { Api } from '../../src/panel/api';
import { Contacts } from '../../src/panel/contacts';
import { provide, provideSite } from '../../src/panel/context';
import type { Panel } from '../../src/panel/context';
import { Formats } from '../../src/panel/formats';
import type { Contact, Deal, LiveFrame, Site } from '../../src/panel/forms';
import { strings } from '../../src/panel/i18n/en';
import { Live } from '../../src/panel/live';
import { readPlace } from '../../src/panel/place';
import { Sessions } from '../../src/panel/session';
import { Socket } from '../socket';

/** A request as it reached the bridge. */
export interface Asked {
  readonly method: string;
  /** Without what is before the contacts. */
  readonly path: string;
  readonly key: string | undefined;
  readonly bearer: string | undefined;
  readonly body: unknown;
}

type Answer = Response | Error | Promise<Response>;

/** The bridge as a browser's fetch shows it: a test says what it answers. */
export class Bridge {
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => Answer = () => Response.json({});

  constructor() {
    vi.stubGlobal('fetch', (url: string, { method = 'GET', headers, body }: { method?: string; headers: Record<string, string>; body?: string }) => {
      const asked: Asked = {
        method,
        path: decodeURIComponent(url.replace(/^https:\/\/chat\.example\/(api\/v1\/sites\/shop)?/, '')),
        key: headers['Idempotency-Key'],
        bearer: headers['Authorization'],
        body: body === undefined ? undefined : (JSON.parse(body) as unknown),
      };
      this.asked.push(asked);
      const answer = this.answer(asked);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    });
  }

  /** What was asked that changes something. */
  get acts(): readonly Asked[] {
    return this.asked.filter(({ method }) => method !== 'GET');
  }
}

export function problem(status: number, code: string, detail = '', headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: `urn:anteroom:error:${code}`, title: '', status, detail, code }), { status, headers });
}

export const session = { session: 'anteroom_session_s', operator: '@anna:example.com', expires_at: '2999-01-01T00:00:00Z' };

/** Another operator's. */
export const borisSession = { session: 'anteroom_session_b', operator: '@boris:example.com', expires_at: '2999-01-01T00:00:00Z' };

/** Another tab of the browser signs in. */
export function otherTab(kept: typeof session): void {
  localStorage.setItem('anteroom.panel', JSON.stringify(kept));
  dispatchEvent(new StorageEvent('storage', { key: 'anteroom.panel' }));
}

export const site: Site = {
  id: 'shop', name: 'Shop', language: 'en', time_zone: 'Europe/Berlin',
  operators: [{ id: '@anna:example.com', away: false }, { id: '@boris:example.com', away: true }],
  bot: true, chains: [{ name: 'order', title: 'Order a bowl' }], assistants: [],
  pipelines: [{ id: 'sales', name: 'Sales', stages: [{ id: 'new', name: 'New' }, { id: 'talks', name: 'In talks' }] }],
  currency: 'EUR', tags: ['vip', 'returns'], me: { operator: '@anna:example.com' }, desk_room: '',
};

export function contact(more: Partial<Contact> = {}): Contact {
  return {
    id: 'v1', number: 12, name: 'Berlin', named_by: 'bridge', email: '', phone: '', company: '', note: 'old', tags: ['vip'],
    variables: { budget: '100' }, language: 'de', place: 'Berlin', country_code: 'DE', browser: 'Firefox',
    page: { url: 'https://shop.example/bowl', title: 'Bowl', referrer: '' }, online: true,
    created_at: '2026-11-24T12:00:00Z', seen_at: '2026-11-24T12:00:00Z', room: 'https://matrix.to/#/x',
    dialog: { status: 'open', opened_at: null, closed_at: null, waiting_since: null, assignee: '', blocked: false, bot: { on: true, until: null }, rating: null, answer: 'delivered' },
    ...more,
  };
}

export function deal(more: Partial<Deal> = {}): Deal {
  return {
    number: 1, title: 'Bowl', amount: { value: '56', currency: 'EUR' }, pipeline: 'sales', stage: 'new', status: 'open',
    created_at: '2026-11-24T12:00:00Z', changed_at: '2026-11-24T12:00:00Z', closed_at: null, ...more,
  };
}

/** The panel's parts, somebody being signed in, and what the live socket says put into them. */
export async function panel(): Promise<Panel & { hear: (frame: LiveFrame) => void }> {
  localStorage.setItem('anteroom.panel', JSON.stringify(session));
  vi.stubGlobal('WebSocket', Socket);
  const place = readPlace('https://chat.example/panel/shop', false);
  const sessions = new Sessions(place, undefined);
  await sessions.begin(undefined);
  const api = new Api(place.base, place.site, sessions);
  const live = new Live(place.base, place.site, sessions);
  const contacts = new Contacts(api, live);
  const parts = provide({ place, strings, formats: new Formats('en'), sessions, api, live, contacts, say: () => undefined });
  provideSite(site);
  live.start();
  await vi.waitUntil(() => Socket.all.length > 0);
  Socket.last.opens();
  return { ...parts, hear: (frame) => Socket.last.onmessage?.({ data: JSON.stringify(frame) }) };
}
