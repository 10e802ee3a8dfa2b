import type { Session } from './session';
import type { ClientFrame, FileAnswer, UploadAnswer, WireError } from './wire';

/** A frame that has one answer, or an error. */
export type Question = Extract<ClientFrame, { t: 'upload' | 'file' }>;
export type Answer = UploadAnswer | FileAnswer;

/** The gateway says no; after so many milliseconds it may say yes. */
export class Refusal extends Error {
  readonly after: number | undefined;

  /** code is that of a public error. */
  constructor(code: string, after?: number) {
    super(code);
    this.after = after;
  }
}

/** Public errors that are about the session, whatever else is asked. */
const ends: ReadonlySet<string> = new Set(['blocked', 'signed_out', 'gone']);

interface Asker {
  readonly frame: Question;
  readonly done: (answer: never) => void;
  readonly failed: (why: Error) => void;
}

/**
 * Questions about files: where to put one, where to fetch one. They are not
 * kept: when the link is lost they fail, and whoever asked decides.
 */
export class Asked {
  #open: readonly Asker[] = [];
  readonly #say: (frame: ClientFrame) => boolean;

  /** say sends a frame at once, or returns false. */
  constructor(say: (frame: ClientFrame) => boolean) {
    this.#say = say;
  }

  /** Rejects with a Refusal, or another error when there is no link or it is lost. */
  ask<T extends Answer>(frame: Question): Promise<T> {
    return new Promise((done, reject) => {
      if (this.#say(frame)) this.#open = [...this.#open, { frame, done, failed: reject }];
      else reject(new Error('offline'));
    });
  }

  answer(answer: Answer): void {
    for (const asker of this.#take((q) => (q.t === 'upload' ? answer.t === q.t && answer.cid === q.cid : answer.file === q.file))) {
      asker.done(answer as never);
    }
  }

  /**
   * True if the error is about a question. Those for a file's URL have no key of their own: they are
   * answered in order, and what ends the session is about none of them.
   */
  refused({ cid, code, retry_after: after }: WireError): boolean {
    const first = cid || ends.has(code) ? undefined : this.#open.find(({ frame }) => frame.t === 'file')?.frame;
    const about = this.#take((q) => (q.t === 'upload' ? q.cid === cid : q === first));
    for (const asker of about) asker.failed(new Refusal(code, after));
    return about.length > 0;
  }

  lost(): void {
    for (const asker of this.#take(() => true)) asker.failed(new Error('offline'));
  }

  #take(which: (question: Question) => boolean): readonly Asker[] {
    const taken = this.#open.filter(({ frame }) => which(frame));
    this.#open = this.#open.filter((asker) => !taken.includes(asker));
    return taken;
  }
}

/** Asks about a file: where to put it, each time under the same cid, or where it is; rejects as Asked.ask does. */
export function ask<T extends Answer>(session: Session, question: Question): Promise<T> {
  session.asked ??= new Asked((frame) => session.say(frame));
  return session.asked.ask(question);
}
