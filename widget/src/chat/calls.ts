import type { EventData, Host, Where, Who } from '../loader/host';
import { endSession, goOnEnding } from './ended';
import { forgetTold, goOn, tell as tellBot } from './lane';
import { report } from './page';
import { complain, insist, post, Refused } from './post';
import type { State } from './session';
import { ofTab, randomID } from './storage';
import { keepOf, now, start } from './transport';
import type { Identified, Identify } from './wire';

// The menu of the window asks the gateway too: a chunk for that alone would be one more request for who only signs in.
export { ask, Refused } from './post';

/** A chat that is opened waits for who its visitor is no longer than so many milliseconds. */
const patience = 3000;

/** An event's name in characters, and its data in bytes of JSON, have at most so many. */
const longest = { name: 64, data: 4096 };

/** The page's last call of identify. A page may say the same again and again. */
let last: { readonly said: string; done: Promise<void> } | undefined;

/**
 * Says who sits before the chat. Where there is no dialog this opens no
 * connection: it is kept in mind until the chat connects. Only a token is shown
 * to the gateway, once for each user and tab, so that the page hears what is
 * wrong with it. The promise rejects with an error that has a code.
 */
export function identify(host: Host, who: Who): Promise<void> {
  const said = JSON.stringify(who);
  if (last?.said === said) return last.done;
  goOnEnding(host);
  const { token } = who;
  const claims = claimsOf(token);
  const here = { said, done: Promise.resolve() };
  last = here;
  // Another user: whatever comes of the token, the one before is not sitting there.
  const sub = hasRecord(host) ? keepOf(host).record().sub : undefined;
  if (sub !== undefined && claims.sub !== undefined && claims.sub !== sub) leave(host);

  const watch = (done: Promise<void>): Promise<void> => {
    here.done = done;
    done.catch((error: unknown) => {
      complain(error);
      if (last !== here) return;
      last = undefined;
      delete now.before;
    });
    return done;
  };
  const go = (): Promise<void> => watch(tell(host, who, claims.sub, () => last === here));
  now.before = () => {
    const going = go();
    return token !== undefined && isSettled() ? atMost(going) : Promise.resolve();
  };
  if (now.session) void go();
  else if (hasRecord(host) && keepOf(host).record().dialog) start(host);
  else if (token !== undefined) void watch(check(host, token, claims));
  return here.done;
}

/** The user has signed out: nothing of the dialog stays in this browser. */
export function logout(host: Host): Promise<void> {
  goOnEnding(host);
  last = undefined;
  delete now.before;
  if (hasRecord(host)) leave(host);
  return Promise.resolve();
}

/** Says where the visitor is, in an app whose address does not tell; what is missing is the page's own. */
export function page(_host: Host, where: Where = {}): Promise<void> {
  report(where.url === undefined ? where : { ...where, url: new URL(where.url, location.href).href });
  return Promise.resolve();
}

/**
 * Tells the bot's chains of something on the page: connects, if there is no
 * connection yet, and goes on trying as long as the page is open.
 */
export function event(host: Host, name: string, data?: EventData): Promise<void> {
  const why = unfit(name, data);
  if (why) {
    const error = new Refused('bad_frame', why, 0);
    complain(error);
    return Promise.reject(error);
  }
  // As it is now: the page may go on to change its object.
  tellBot(host, { t: 'event', name, ...(data && { data: { ...data } }) });
  return Promise.resolve();
}

/** Why the gateway would refuse an event, in a sentence for who wrote the page. */
function unfit(name: unknown, data: unknown = {}): string | undefined {
  if (typeof name !== 'string' || !name || [...name].length > longest.name) {
    return `The name of an event is a text of 1 to ${longest.name} characters.`;
  }
  const values = typeof data === 'object' && data && !Array.isArray(data) ? Object.values(data) : [undefined];
  if (!values.every((v) => typeof v === 'string' || typeof v === 'boolean' || Number.isFinite(v))) {
    return 'The data of an event is an object of texts, numbers and booleans.';
  }
  if (new TextEncoder().encode(JSON.stringify(data)).length > longest.data) {
    return `The data of an event is at most ${longest.data} bytes of JSON.`;
  }
  return undefined;
}

/**
 * Another tab goes on with another secret; or, with the code of an error, this
 * one opens nothing any more, and the next page begins anew. With "gone" it
 * opens a new dialog in place of one that was erased.
 */
export function another(host: Host, code?: string): void {
  const { secret, sub } = keepOf(host).record();
  const mine = now.session?.secret;
  if (code === 'gone') {
    // The new dialog is nobody's: whose it is has to be said once more.
    if (secret === mine) keepOf(host).update({ sub: undefined, session: undefined });
    const said = last?.said;
    last = undefined;
    if (said) void identify(host, JSON.parse(said) as Who);
  } else if (code) {
    if (secret === mine) forget(host);
  } else if (mine && secret !== mine) {
    if (sub === undefined) forgetTab(host);
    renew(host);
  }
}

/**
 * Tells the gateway who the visitor is, and goes on with the session that it
 * answers. What was written before is sent before: it belongs to the dialog in
 * which it was written.
 */
async function tell(host: Host, who: Who, sub: string | undefined, isCurrent: () => boolean): Promise<void> {
  const keep = keepOf(host);
  const { token } = who;
  const ready = (): Promise<void> => until(token === undefined ? isKnown : isSettled);
  const answer = await insist(async () => {
    await ready();
    if (!isCurrent()) return undefined;
    const body: Identify = { secret: keep.record().secret, consent: keep.agreed, ...(token === undefined ? { person: who } : { token }) };
    return (await post(host, 'identity', body)) as Identified;
  });
  if (!answer) return;
  await ready();
  const { secret, session } = answer;
  if (!isCurrent()) {
    if (secret) endSession(host, { session });
    return;
  }
  delete now.before;
  keep.update({ session, ...(sub !== undefined && { sub }), ...(secret && { secret, read: 0 }) });
  if (secret && phase() !== 'idle') renew(host);
}

/** Shows a token to the gateway, which does no more than look at it. */
async function check(host: Host, token: string, { sub = '', exp = 0 }: Claims): Promise<void> {
  const { site } = host.settings;
  if (sub && ofTab(site, 'checked') === sub && exp * 1000 > Date.now()) return;
  await insist(() => post(host, 'identity', { token }));
  ofTab(site, 'checked', sub);
}

/** Drops what this browser has of the dialog, at once; the gateway ends the session as soon as it can be reached. */
function leave(host: Host): void {
  const { secret, session } = keepOf(host).record();
  forget(host);
  forgetTab(host);
  forgetTold();
  renew(host);
  endSession(host, session === undefined ? { secret } : { session });
}

/** Other tabs notice the new secret, and begin anew as well. */
function forget(host: Host): void {
  const keep = keepOf(host);
  keep.saveOutbox(keep.outbox(), []);
  keep.update({ secret: randomID(32), dialog: false, read: 0, sub: undefined, session: undefined });
}

function forgetTab({ settings: { site } }: Host): void {
  for (const what of ['draft', 'files', 'checked'] as const) ofTab(site, what, '');
}

/** Another session takes the present one's place: at once if there is something to show, else when the chat is opened. */
function renew(host: Host): void {
  if (now.session) {
    now.session.end();
    // A file that is still on its way belongs to the dialog in which it was chosen.
    now.session.send = () => undefined;
    delete now.session;
  }
  host.badge(0);
  // As an attribute, because Firefox reflects the property only since 119.
  if (host.launcher.getAttribute('aria-expanded') === 'true') host.show(true, !host.root.activeElement);
  else if (keepOf(host).record().dialog) start(host);
  goOn(host);
}

/** Waits until something holds of the present session. */
function until(holds: () => boolean): Promise<void> {
  return new Promise((done) => {
    const { session } = now;
    if (!session || holds()) {
      done();
      return;
    }
    const off = session.subscribe(() => {
      if (now.session === session && !holds()) return;
      off();
      done();
    });
  });
}

const state = (): State | undefined => now.session?.state;
const phase = (): string => state()?.connection.phase ?? 'idle';

/** Nothing waits to be sent, or nothing ever will. */
function isSettled(): boolean {
  const { outbox = [], taken = [] } = state() ?? {};
  return phase() === 'stopped' || (taken.length === 0 && outbox.every((o) => o.acked ?? o.failed));
}

/** The gateway knows the session, or never will. */
function isKnown(): boolean {
  return phase() === 'stopped' || !!state()?.site;
}

/** Resolves with the promise, whatever comes of it, or soon. */
function atMost(promise: Promise<void>): Promise<unknown> {
  const whatever = promise.catch(() => undefined);
  return Promise.race([whatever, new Promise((done) => setTimeout(done, patience))]);
}

interface Claims {
  readonly sub?: string;
  readonly exp?: number;
}

/** What a token seems to claim; the gateway reads it with care. */
function claimsOf(token = ''): Claims {
  try {
    const { sub, exp } = JSON.parse(atob((token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'))) as Claims;
    return { ...(typeof sub === 'string' && { sub }), ...(typeof exp === 'number' && { exp }) };
  } catch {
    return {};
  }
}

/** True if this browser has a session, on this page or from an earlier one. */
function hasRecord({ settings: { site } }: Host): boolean {
  try {
    return !!now.session || localStorage.getItem(`anteroom.${site}`) !== null;
  } catch {
    return false;
  }
}
