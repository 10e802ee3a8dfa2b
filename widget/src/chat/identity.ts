import type { Host, Variables, Who } from '../loader/host';
import { endSession, goOnEnding } from './ended';
import { forgetTold, goOn } from './lane';
import { insist } from './insist';
import { complain, post, Refused } from './post';
import type { State } from './state';
import { ofTab, randomID } from './storage';
import { isFlat } from './told';
import { keepOf, start } from './transport';
import type { Identified, Identify } from './wire';

// The menu of the window asks the gateway too: a chunk for that alone would be one more request for who only signs in.
export { ask, Refused } from './post';
export { event, page } from './told';

/** A chat that is opened waits for who its visitor is no longer than so many milliseconds. */
const patience = 3000;

/** What is set has at most so many variables, of so many characters, and in all so many bytes of JSON: see bridge/gateway/identity. */
const most = { variables: 50, value: 1000, bytes: 8192 };

/** The page's last call of identify. A page may say the same again and again. */
let last: Said | undefined;
interface Said {
  readonly said: string;
  done: Promise<void>;
  /** What the page holds of it: what becomes of that is told by whoever gave it. */
  given?: Promise<void>;
}

/** What the page knows of its visitor, as far as it is not told yet. */
let variables: Variables = {};

/** What has to be told before a session connects, or right behind its hello. */
type Wait = 'who' | 'variables';
const waits = new Map<Wait, () => Promise<unknown>>();

function keepWait(host: Host, what: Wait, go?: () => Promise<unknown>): void {
  if (go) waits.set(what, go);
  else waits.delete(what);
  if (waits.size > 0) host.before = () => Promise.all([...waits.values()].map((tellIt) => tellIt()));
  else delete host.before;
}

/** What a page may say of its visitor. */
const ofVisitor: ReadonlySet<string> = new Set(['token', 'name', 'email', 'phone', 'locale', 'variables'] satisfies (keyof Who)[]);

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/**
 * Says who sits before the chat. Where there is no dialog this opens no
 * connection: it is kept in mind until the chat connects. Only a token is shown
 * to the gateway, once for each user and tab, so that the page hears what is
 * wrong with it. The promise rejects with an error that has a code.
 */
export function identify(host: Host, whoever: string | Who): Promise<void> {
  const isWho = typeof whoever === 'object' && whoever && !Array.isArray(whoever) && (whoever.token === undefined || isText(whoever.token));
  if (!isWho && !isText(whoever)) {
    return Promise.reject(new Refused('bad_frame', 'Who is identified is told by a token, or by an object as the documentation has it.', 0));
  }
  const who = typeof whoever === 'string' ? { token: whoever } : whoever;
  const odd = Object.keys(who).find((what) => !ofVisitor.has(what));
  if (odd !== undefined) return Promise.reject(new Refused('bad_frame', `Of a visitor the chat takes ${[...ofVisitor].join(', ')}: not ${JSON.stringify(odd)}.`, 0));
  const said = JSON.stringify(who);
  heedSignOut(host);
  if (last?.said === said) return last.done;
  goOnEnding(host);
  const { token } = who;
  const claims = claimsOf(token);
  const here: Said = { said, done: Promise.resolve() };
  last = here;
  host.life.signal.addEventListener('abort', forgetPage);
  // Another user: whatever comes of the token, the one before is not sitting there.
  const sub = hasRecord(host) ? keepOf(host).record().sub : undefined;
  if (sub !== undefined && claims.sub !== undefined && claims.sub !== sub) leave(host);

  const watch = (done: Promise<void>): Promise<void> => {
    here.done = done;
    done.catch((error: unknown) => {
      if (here.given !== done) complain(host, error);
      if (last !== here) return;
      last = undefined;
      keepWait(host, 'who');
    });
    return done;
  };
  // A session that begins while it is told waits for the same.
  let going: Promise<void> | undefined;
  const go = (): Promise<void> =>
    (going ??= watch(
      tell(host, who, claims.sub, () => last === here).finally(() => {
        going = undefined;
      }),
    ));
  keepWait(host, 'who', () => {
    const told = go();
    return token !== undefined && isSettled(host) ? atMost(host, told) : Promise.resolve();
  });
  if (host.session) void go();
  else if (hasRecord(host) && keepOf(host).record().dialog) start(host);
  else if (token !== undefined) void watch(check(host, token, claims));
  return (here.given = here.done);
}

/** The chat is destroyed, or its user signed out: what the page said is of no use any more. */
function forgetPage(): void {
  last = undefined;
  variables = {};
  waits.clear();
}

/**
 * Takes what the page knows of its visitor, beside what it said before. Where there is
 * no connection this opens none: it is kept in mind until the chat connects.
 */
export function set(host: Host, more: Variables): Promise<void> {
  const why = unfitVariables(more);
  if (why) return Promise.reject(new Refused('bad_frame', why, 0));
  heedSignOut(host);
  host.life.signal.addEventListener('abort', forgetPage);
  variables = { ...variables, ...more };
  return tellVariables(host);
}

function tellVariables(host: Host): Promise<void> {
  const told = variables;
  const isCurrent = (): boolean => variables === told;
  const go = async (): Promise<void> => {
    try {
      await tell(host, { variables: told }, undefined, isCurrent, 'variables');
    } finally {
      if (isCurrent()) {
        keepWait(host, 'variables');
        variables = {};
      }
    }
  };
  if (host.session) return go();
  keepWait(host, 'variables', () => {
    go().catch((error: unknown) => complain(host, error));
    // They go right behind the hello.
    return Promise.resolve();
  });
  if (hasRecord(host) && keepOf(host).record().dialog) start(host);
  return Promise.resolve();
}

/** The user has signed out: nothing of the dialog stays in this browser. */
export function logout(host: Host): Promise<void> {
  goOnEnding(host);
  forgetPage();
  delete host.before;
  if (hasRecord(host)) leave(host);
  else tellSignOut(host);
  return Promise.resolve();
}

/** Tabs without a session, which know the user from their page alone, learn of a sign-out by this: when the last one was. */
const signOutKey = ({ settings: { site } }: Host): string => `anteroom.${site}.out`;

/** When somebody last signed out, as far as this page knows; undefined until it has something to forget. */
let signedOut: string | undefined;

function lastSignOut(host: Host): string {
  try {
    return localStorage.getItem(signOutKey(host)) ?? '';
  } catch {
    return '';
  }
}

function tellSignOut(host: Host): void {
  try {
    localStorage.setItem(signOutKey(host), String(Date.now()));
  } catch {
    /* A storage that is forbidden is shared with no tab. */
  }
  if (signedOut !== undefined) signedOut = lastSignOut(host);
}

/** From now on the page's words about its visitor are forgotten when another tab signs that one out; also while this page was kept for the way back. */
function heedSignOut(host: Host): void {
  if (signedOut !== undefined) return;
  signedOut = lastSignOut(host);
  const { signal } = host.life;
  const look = ({ type }: Event): void => {
    const now = lastSignOut(host);
    if (now === signedOut) return;
    signedOut = now;
    // A session that has begun learns it by its secret.
    if (host.session?.secret) return;
    // On the way back it is of who wrote in this tab since.
    if (type === 'storage') forgetTab(host);
    forgetPage();
    forgetTold();
    delete host.before;
  };
  // Before a dialog goes on that began meanwhile.
  for (const type of ['storage', 'pageshow']) addEventListener(type, look, { signal, capture: true });
  signal.addEventListener('abort', () => (signedOut = undefined));
}

/** The same of what the page knows of its visitor: before it is put to what is known already, and told with that. See bridge/gateway/identity. */
function unfitVariables(all: unknown): string | undefined {
  if (!isFlat(all)) return 'Variables are an object of texts, numbers and booleans.';
  const known = Object.entries({ ...variables, ...(all as Variables) });
  for (const [name, value] of known) {
    if (!/^\p{L}[\p{L}\p{Nd}_]{0,63}$/u.test(name)) return `The variable ${JSON.stringify(name)} needs another name: a letter, then letters, digits and _, at most 64 characters.`;
    if (typeof value === 'string' && [...value].length > most.value) return `The variable ${name} has more than ${most.value} characters.`;
  }
  if (known.length > most.variables) return `There are at most ${most.variables} variables.`;
  const body = JSON.stringify({ variables: Object.fromEntries(known) });
  return new TextEncoder().encode(body).length > most.bytes ? `The variables are at most ${most.bytes} bytes of JSON.` : undefined;
}

/**
 * Another tab goes on with another secret; or, with the code of an error, this
 * one opens nothing any more, and the next page begins anew. With "gone" it
 * opens a new dialog in place of one that was erased.
 */
export function another(host: Host, code?: string): void {
  const mine = host.session?.secret;
  // It has ended meanwhile, with the chat or for another one.
  if (!mine || host.life.signal.aborted) return;
  const { secret, sub } = keepOf(host).record();
  // Whatever became of the dialog that was here, it is not the browser's any more.
  if (secret !== mine) {
    if (sub === undefined) {
      forgetTab(host);
      // Signed out elsewhere: what the page knows, and the same words of it, are of somebody who is gone.
      forgetPage();
      forgetTold();
    }
    renew(host);
  } else if (code === 'gone') {
    // The new dialog is nobody's: whose it is has to be said once more.
    keepOf(host).update({ sub: undefined, session: undefined });
    const said = last?.said;
    last = undefined;
    if (said) identify(host, JSON.parse(said) as Who).catch((error: unknown) => complain(host, error));
  } else if (code) {
    forget(host);
    // The same words let the browser in again.
    last = undefined;
  }
}

/**
 * Tells the gateway who the visitor is, and goes on with the session that it
 * answers. What was written before is sent before: it belongs to the dialog in
 * which it was written.
 */
async function tell(host: Host, who: Who, sub: string | undefined, isCurrent: () => boolean, what: Wait = 'who'): Promise<void> {
  const keep = keepOf(host);
  const { token } = who;
  const ready = (): Promise<void> => until(host, () => (token === undefined ? isKnown(host) : isSettled(host)));
  const answer = await insist(host, async () => {
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
  keepWait(host, what);
  keep.update({ session, ...(sub !== undefined && { sub }), ...(secret && { secret, read: 0 }) });
  if (secret && phase(host) !== 'idle') renew(host);
  // What is not told yet is of who sits there now.
  if (what === 'who' && Object.keys(variables).length > 0) await tellVariables(host);
}

/** Shows a token to the gateway, which does no more than look at it. */
async function check(host: Host, token: string, { sub = '', exp = 0 }: Claims): Promise<void> {
  const { site } = host.settings;
  if (sub && ofTab(site, 'checked') === sub && exp * 1000 > Date.now()) return;
  await insist(host, () => post(host, 'identity', { token }));
  ofTab(site, 'checked', sub);
}

/** Drops what this browser has of the dialog, at once; the gateway ends the session as soon as it can be reached. */
function leave(host: Host): void {
  const { secret, session } = keepOf(host).record();
  forget(host);
  forgetTab(host);
  forgetTold();
  tellSignOut(host);
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
  for (const what of ['draft', 'form', 'ask', 'rate', 'files', 'checked'] as const) ofTab(site, what, '');
}

/** Another session takes the present one's place: at once if there is something to show, else when the chat is opened. */
function renew(host: Host): void {
  if (host.session) {
    const { session } = host;
    session.end();
    clearTimeout(session.adoption);
    clearTimeout(session.typed);
    clearTimeout(session.sending.pause);
    // A file that is still on its way belongs to the dialog in which it was chosen.
    session.send = () => undefined;
    delete host.session;
  }
  host.badge(0);
  // As an attribute, because Firefox reflects the property only since 119.
  if (host.launcher.getAttribute('aria-expanded') === 'true') {
    host.show(true, !host.root.activeElement);
  } else {
    // What a closed window holds, as a recording, is of the session that has ended.
    host.clear?.();
    if (keepOf(host).record().dialog) start(host);
  }
  goOn(host);
}

/** Waits until something holds of the present session. */
function until(host: Host, holds: () => boolean): Promise<void> {
  return new Promise((done) => {
    const { session } = host;
    if (!session || holds()) {
      done();
      return;
    }
    const off = session.subscribe(() => {
      if (host.session === session && !holds()) return;
      off();
      done();
    });
  });
}

const state = ({ session }: Host): State | undefined => session?.state;
const phase = (host: Host): string => state(host)?.connection.phase ?? 'idle';

/** Nothing waits to be sent, or nothing ever will. */
function isSettled(host: Host): boolean {
  const { outbox = [], taken = [] } = state(host) ?? {};
  return phase(host) === 'stopped' || (taken.length === 0 && outbox.every((o) => o.acked ?? o.failed));
}

/** The gateway knows the session, or never will. */
function isKnown(host: Host): boolean {
  return phase(host) === 'stopped' || !!state(host)?.site;
}

/** Resolves with the promise, whatever comes of it, or soon. */
function atMost({ life: { signal } }: Host, promise: Promise<void>): Promise<unknown> {
  return new Promise((done) => {
    const timer = setTimeout(done, patience);
    const over = (): void => {
      clearTimeout(timer);
      done(undefined);
    };
    promise.then(over, over);
    signal.addEventListener('abort', over);
  });
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
function hasRecord({ session, settings: { site } }: Host): boolean {
  try {
    return !!session || localStorage.getItem(`anteroom.${site}`) !== null;
  } catch {
    return false;
  }
}
