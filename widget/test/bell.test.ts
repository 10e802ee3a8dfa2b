// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { arm, ring } from '../src/chat/attention/bell';

/** As in Chrome: what waits for a context that is closed meanwhile is refused, and so is what is asked of it then. */
class Closing {
  readonly state = 'suspended';
  refuse = (): void => undefined;
  resume = (): Promise<void> => new Promise((_, refuse) => (this.refuse = () => refuse(new Error('closed'))));
  suspend = (): Promise<void> => Promise.reject(new Error('closed'));
  close = (): Promise<void> => Promise.resolve(this.refuse());
}

describe('a chat that ends', () => {
  let life: AbortController;

  beforeEach(() => {
    vi.stubGlobal('AudioContext', Closing);
    vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
    life = new AbortController();
    arm(life.signal, () => true);
  });
  afterEach(() => vi.unstubAllGlobals());

  it('in the press that made it ready to ring leaves the page no rejection that nobody looks at', async () => {
    const unseen = vi.fn<() => void>();
    process.on('unhandledRejection', unseen);
    dispatchEvent(new Event('click'));
    life.abort();
    await new Promise((done) => setImmediate(done));
    process.off('unhandledRejection', unseen);
    expect(unseen).not.toHaveBeenCalled();
  });

  it('while the browser makes up its mind about the sound has not rung, and no more', async () => {
    const rung = ring();
    life.abort();
    expect(await rung).toBe(false);
  });
});

it('a visitor who has turned the sound off gets nothing that plays, until it is on again', () => {
  const made = vi.fn<() => void>();
  vi.stubGlobal('AudioContext', class extends Closing {
    constructor() {
      super();
      made();
    }
  });
  vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
  const life = new AbortController();
  let muted = true;
  arm(life.signal, () => !muted);
  dispatchEvent(new Event('click'));
  expect(made).not.toHaveBeenCalled();
  muted = false;
  dispatchEvent(new Event('click'));
  expect(made).toHaveBeenCalledOnce();
  life.abort();
  vi.unstubAllGlobals();
});
