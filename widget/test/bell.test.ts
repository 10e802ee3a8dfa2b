// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from 'vitest';
import { arm } from '../src/chat/attention/bell';

afterEach(() => vi.unstubAllGlobals());

test('a chat that ends in the press that made it ready to ring leaves the page no rejection that nobody looks at', async () => {
  // As Chrome does: what waits for a context that is closed meanwhile is refused, and so is what is asked of it then.
  class Closing {
    refuse = (): void => undefined;
    resume = (): Promise<void> => new Promise((_, refuse) => (this.refuse = () => refuse(new Error('closed'))));
    suspend = (): Promise<void> => Promise.reject(new Error('closed'));
    close = (): Promise<void> => Promise.resolve(this.refuse());
  }
  vi.stubGlobal('AudioContext', Closing);
  vi.stubGlobal('navigator', { userActivation: { hasBeenActive: true } });
  const unseen = vi.fn();
  process.on('unhandledRejection', unseen);
  const life = new AbortController();
  arm(life.signal);
  dispatchEvent(new Event('click'));
  life.abort();
  await new Promise((done) => setImmediate(done));
  process.off('unhandledRejection', unseen);
  expect(unseen).not.toHaveBeenCalled();
});
