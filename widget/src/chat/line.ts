import { idle, step } from './connection';
import type { Connection, Effect, Input, Timer } from './connection';
import type { Link } from './link';
import { openLink } from './open';
import { ofTab } from './storage';
import { closeReconnect, closeStop } from './stop';
import type { ClientFrame, Hello, ServerFrame, WireError } from './wire';

/** Milliseconds between two looks at the clock; after so many without one the machine, or the page, has slept. */
const tick = 3000;
const slept = 9000;
/** An error and a close within so many milliseconds are one event. */
const belongsTogether = 3000;

interface Events {
  readonly hello: () => Hello;
  readonly frame: (frame: ServerFrame) => void;
  changed(connection: Connection): void;
  /** The link is gone, and with it whatever was not answered. */
  lost(): void;
}

/**
 * The way to the gateway: does what the connection's machine decides, with
 * real links and timers, and tells it what comes of that.
 */
export class Line {
  readonly #endpoint: string;
  readonly #on: Events;
  readonly #timers = new Map<Timer, ReturnType<typeof setTimeout>>();
  #connection: Connection;
  #link: Link | undefined;
  /** The last error that was about no frame of ours. */
  #complaint: WireError | undefined;
  #complained = -Infinity;

  constructor(endpoint: string, on: Events) {
    this.#endpoint = endpoint;
    // What worked on the tab's last page is tried first.
    this.#connection = { ...idle, via: (ofTab(endpoint, 'via') || 'socket') as Connection['via'] };
    this.#on = on;
  }

  get connection(): Connection {
    return this.#connection;
  }

  start(life: AbortController): void {
    const listen = (type: string, act: () => void): void => addEventListener(type, act, life);
    const wake = (): void => this.input({ type: 'wake' });
    for (const type of ['online', 'pageshow']) listen(type, wake);
    // A link without a network is silent: its own probe would tell only later. And a
    // page with an open one is not kept for the way back to it.
    for (const type of ['offline', 'pagehide']) listen(type, () => this.closed(closeReconnect));
    const look = (): void => this.input({ type: 'visible', visible: !document.hidden });
    listen('visibilitychange', look);
    // Who opens a laptop is told by no event, and timers go on where they stopped.
    let last = Date.now();
    const watch = setInterval(() => {
      if (Date.now() - last > slept && !document.hidden) wake();
      last = Date.now();
    }, tick);
    life.signal.addEventListener('abort', () => clearInterval(watch));
    // It may have been made long before, and have heard of no change.
    look();
    this.input({ type: 'start' });
  }

  input(input: Input): void {
    const [connection, effects] = step(this.#connection, input, Math.random());
    if (connection !== this.#connection) this.#on.changed((this.#connection = connection));
    for (const effect of effects) this.#perform(effect);
  }

  /** Sends a frame at once; false if there is no link for it. */
  say(frame: ClientFrame): boolean {
    const online = this.#connection.phase === 'online';
    if (online) this.#link?.send(frame);
    return online;
  }

  /** The gateway complains of no frame of ours: should the link end now, this is why. */
  complain(error: WireError): void {
    this.#complaint = error;
    this.#complained = performance.now();
  }

  /** Gives up the link: it is gone, with a WebSocket close code and milliseconds to wait. */
  closed(code?: number, after?: number): void {
    this.#hangUp();
    const why = performance.now() - this.#complained < belongsTogether ? this.#complaint : undefined;
    this.input({ type: 'closed', code, reason: why?.code, after: after ?? why?.retry_after });
  }

  /** Gives it up for good, whatever was complained of. */
  end(): void {
    this.#hangUp();
    this.input({ type: 'closed', code: closeStop });
  }

  #hangUp(): void {
    this.#link?.close();
    this.#link = undefined;
    this.#on.lost();
  }

  #perform(effect: Effect): void {
    if (effect.do === 'set') {
      const { timer, ms } = effect;
      clearTimeout(this.#timers.get(timer));
      if (ms) this.#timers.set(timer, setTimeout(() => this.input({ type: 'timer', timer }), ms));
    } else if (effect.do === 'ping') {
      this.#link?.send({ t: 'ping' });
    } else {
      this.#hangUp();
      if (effect.do === 'open') {
        const { hello, frame } = this.#on;
        this.#link = openLink(effect.via, this.#endpoint, { hello, frame, found: () => this.input({ type: 'found' }), closed: (code, after) => this.closed(code, after) });
      }
    }
  }
}
