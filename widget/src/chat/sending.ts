import type { Outgoing } from './outbox';
import type { ClientID } from './entry';
import type { ClientFrame } from './wire';

/** The gateway acknowledges within milliseconds; this long is a fault, in milliseconds. */
export const ackWithin = 20_000;

interface Needs {
  /** The oldest that waits to be sent. */
  next(): Outgoing | undefined;
  /** Sends a frame at once, or returns false. */
  say(frame: ClientFrame): boolean;
  /** The link takes but does not answer, which is as good as none. */
  stuck(): void;
}

/**
 * Sends what waits, one at a time: the next one goes when the gateway has
 * answered. One that is asked to come later holds up all that were written
 * after it, because their order is a promise.
 */
export class Sending {
  readonly #needs: Needs;
  #inFlight: ClientID | undefined;
  #ack: ReturnType<typeof setTimeout> | undefined;
  pause: ReturnType<typeof setTimeout> | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  flush(): void {
    if (this.#inFlight || this.pause) return;
    const frame = this.#needs.next()?.frame;
    if (!frame || !this.#needs.say(frame)) return;
    this.#inFlight = frame.cid;
    this.#ack = setTimeout(() => this.#needs.stuck(), ackWithin);
  }

  /** The gateway has answered for good, well or badly. */
  answered(cid: ClientID): void {
    if (this.#inFlight === cid) this.lost();
    this.flush();
  }

  /** The gateway asks to send it again in so many milliseconds. */
  later(ms: number): void {
    this.lost();
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      this.pause = undefined;
      this.flush();
    }, ms);
  }

  /** The link is gone: what was in flight waits again. */
  lost(): void {
    this.#inFlight = undefined;
    clearTimeout(this.#ack);
  }
}
