// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { start } from '../src/chat/transport';
import type { Host } from '../src/loader/host';

/** Has the session say that another tab goes on with another secret. */
let other: () => void = () => undefined;

vi.mock('../src/chat/session', () => ({
  Session: class {
    constructor(...[, , , said]: [unknown, unknown, unknown, () => void]) {
      other = said;
    }
    start = (): void => undefined;
    subscribe = (): void => undefined;
  },
}));
vi.mock('../src/chat/identity', () => {
  throw new Error('offline');
});

it('a chunk that does not load when another tab goes on with another secret leaves the page no rejection that nobody looks at', async () => {
  const unseen = vi.fn<() => void>();
  process.on('unhandledRejection', unseen);
  start({ settings: { site: 'shop' }, base: 'https://chat.example/', language: 'en', life: new AbortController() } as unknown as Host);
  other();
  await vi.dynamicImportSettled();
  await new Promise((done) => setImmediate(done));
  process.off('unhandledRejection', unseen);
  expect(unseen).not.toHaveBeenCalled();
});
