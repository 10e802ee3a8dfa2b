import { defineConfig } from 'vitest/config';

// Measures in the browser, against the same stack as the end-to-end tests.
export default defineConfig({
  test: {
    include: ['e2e/bench/*.bench.ts'],
    globalSetup: ['e2e/stack/start.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 60_000,
    teardownTimeout: 40_000,
    reporters: ['default'],
  },
});
