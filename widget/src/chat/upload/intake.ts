import type { Refusal } from '../asked';
import type { Session } from '../session';
import { refusal } from './batch';
import type { Why } from './batch';
import { inTime, readable } from './uploads';
import type { Chosen, Uploads } from './uploads';

/** A file of a batch that is not sent. */
export interface Refused {
  readonly file: File;
  readonly why: Why;
}

/** A file that waits until the visitor has said how its batch is sent. */
export interface Held {
  readonly file: File;
  /** The same picture with fewer bytes; undefined for what goes as it is. */
  readonly smaller: File | undefined;
  /** As it is, it is over the limit. */
  readonly must: boolean;
}

/** Pictures of more bytes than this are offered smaller. */
const worth = 1 << 20;
/** What browsers may be able to draw, and thus to make smaller. Those that move are found out by their content. */
const pictures = /^image\/(?!gif|svg|x-icon)/;

/**
 * What the visitor has chosen, until it is on its way: which files are refused
 * and why, all at once; which pictures could be smaller; and on phones, where
 * files are to come from. Places in the order of sending are kept as long as
 * only the machine works, and given back while the visitor thinks.
 */
export class Intake {
  refused: readonly Refused[] = [];
  held: readonly Held[] = [];
  /** The field that takes any file, while a phone's visitor is asked where from. */
  asking: HTMLInputElement | undefined;
  readonly #listeners = new Set<() => void>();
  /** Of all batches, what is being looked at. */
  readonly #looked = new Set<File>();
  #over = false;
  readonly #uploads: Uploads;
  readonly #session: Session;

  constructor(uploads: Uploads, session: Session) {
    this.#uploads = uploads;
    this.#session = session;
  }

  /** Pictures are being looked at. */
  get busy(): boolean {
    return this.#looked.size > 0;
  }

  get #many(): readonly Refused[] {
    return this.refused.filter(({ why }) => why === 'tooMany');
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(change: Partial<Pick<this, 'refused' | 'held' | 'asking'>>): void {
    Object.assign(this, change);
    // Those that were too many wait for a press, too.
    this.#uploads.hold([...this.#looked, ...[...this.held, ...this.#many].map(({ file }) => file)]);
    for (const listener of this.#listeners) listener();
  }

  /** Asks where files are to come from; undefined when that is known. */
  ask(field?: HTMLInputElement): void {
    this.#changed({ asking: field });
  }

  /** Takes files that have no places yet. */
  choose(files: Iterable<File>): void {
    void this.take([...files].map((file) => [file, this.#session.take()]));
  }

  /** Takes chosen files for sending: at once, or when the visitor has said how. */
  async take(chosen: readonly Chosen[]): Promise<void> {
    const { site } = this.#session.state;
    const free = (some: readonly Chosen[]): void => {
      for (const [, place] of some) this.#session.free(place);
    };
    const fit: Chosen[] = [];
    const refused = [...this.refused];
    for (const one of chosen) {
      const [file, place] = one;
      this.#uploads.found(file);
      // Where no file is taken none could be chosen.
      if (site?.max_file_size === 0) {
        this.#session.free(place);
        continue;
      }
      const why = refusal(file, fit.length, site);
      if (!why || (why === 'tooLarge' && pictures.test(file.type))) {
        fit.push(one);
      } else {
        refused.push({ file, why });
        this.#session.free(place);
      }
    }
    const limit = site?.max_file_size ?? Infinity;
    if (!fit.some(([{ type, size }]) => pictures.test(type) && size > Math.min(worth, limit))) {
      for (const [file, place] of fit) this.#uploads.add(file, place);
      return this.#changed({ refused });
    }
    for (const [file] of fit) this.#looked.add(file);
    this.#changed({ refused });
    // All at once: each that is read without end would hold up what is behind it.
    const codes = await Promise.all(fit.map(([file]) => readable(file).then(() => '', ({ message }: Refusal) => message)));
    // The window went meanwhile, and with it its session.
    if (this.#over) return free(fit);
    const sound = fit.filter((_, i) => !codes[i]);
    fit.forEach(([file, place], i) => codes[i] && this.#uploads.add(file, place, codes[i]));
    const held: Held[] = [];
    for (const [file] of sound) {
      const must = file.size > limit;
      // One after the other: a picture in memory has fifty times its bytes.
      // oxlint-disable-next-line no-await-in-loop
      const smaller = pictures.test(file.type) && (must || file.size > worth) ? await smallerOf(file, site?.file_types ?? [], limit) : undefined;
      held.push({ file, must, smaller });
    }
    if (this.#over) return free(sound);
    for (const [file] of fit) this.#looked.delete(file);
    const never = held.filter(({ must, smaller }) => must && !smaller);
    const rest = held.filter((h) => !never.includes(h));
    const asks = rest.some(({ smaller }) => smaller);
    sound.forEach(([file, place], i) => {
      if (asks || never.includes(held[i] as Held)) this.#session.free(place);
      else this.#uploads.add(file, place);
    });
    this.#changed({
      refused: [...this.refused, ...never.map(({ file }): Refused => ({ file, why: 'tooLarge' }))],
      ...(asks && { held: [...this.held, ...rest] }),
    });
  }

  /** Sends what is held, smaller where that can be, or as it is where that may be. */
  send(smaller: boolean): void {
    const { held } = this;
    this.#changed({ held: [] });
    for (const h of held) this.#uploads.add(((smaller || h.must) && h.smaller) || h.file, this.#session.take(), '', h.file);
  }

  /** Leaves out one of those that are held; without one, all of them. */
  drop(one?: Held): void {
    this.#changed({ held: one ? this.held.filter((h) => h !== one) : [] });
  }

  /** Sends those that were too many, as many as may go at once. */
  rest(): void {
    const many = this.#many;
    this.#changed({ refused: [] });
    this.choose(many.map(({ file }) => file));
  }

  /** The window goes. */
  end(): void {
    this.#over = true;
    this.#listeners.clear();
    // Not as if it were decided: what is not sent is known by its name to the next window of the tab.
    [this.refused, this.held] = [[], []];
  }

  /** The visitor has read why. */
  dismiss(): void {
    this.#changed({ refused: [] });
  }
}

/** Undefined where the picture cannot be made smaller, or the parts for that do not come. */
async function smallerOf(file: File, types: readonly string[], limit: number): Promise<File | undefined> {
  try {
    const { shrink } = await import('./shrink');
    // A read that does not end, as of a picture in a cloud, would hold up all that is written after it.
    return await inTime(shrink(file, types, limit));
  } catch {
    return undefined;
  }
}
