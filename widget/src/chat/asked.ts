import type { ClientFrame, FileAnswer, UploadAnswer, WireError } from './wire';

/** A frame that has one answer, or an error. */
type Question = Extract<ClientFrame, { t: 'upload' | 'file' }>;
type Answer = UploadAnswer | FileAnswer;

interface Asker {
  readonly frame: Question;
  readonly done: (answer: never) => void;
  readonly failed: (code: string) => void;
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

  /** Rejects with the code of the refusal, or "offline" when the link is lost. */
  ask<T extends Answer>(frame: Question): Promise<T> {
    return new Promise((done, reject) => {
      const failed = (code: string): void => reject(new Error(code));
      if (this.#say(frame)) this.#open = [...this.#open, { frame, done, failed }];
      else failed('offline');
    });
  }

  answer(answer: Answer): void {
    for (const asker of this.#take((q) => (q.t === 'upload' ? answer.t === q.t && answer.cid === q.cid : answer.file === q.file))) {
      asker.done(answer as never);
    }
  }

  /** True if the error is about a question. Those for a file's URL have no key of their own. */
  refused({ cid, code }: WireError): boolean {
    const about = this.#take((q) => (q.t === 'upload' ? q.cid === cid : !cid));
    for (const asker of about) asker.failed(code);
    return about.length > 0;
  }

  lost(): void {
    for (const asker of this.#take(() => true)) asker.failed('offline');
  }

  #take(which: (question: Question) => boolean): readonly Asker[] {
    const taken = this.#open.filter(({ frame }) => which(frame));
    this.#open = this.#open.filter((asker) => !taken.includes(asker));
    return taken;
  }
}
