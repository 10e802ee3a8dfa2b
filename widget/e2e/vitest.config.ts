import { defineConfig } from 'vitest/config';

// One homeserver and one bridge serve all tests, one test after the other: what
// takes time is their start, and the machines that run this are small.
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    globalSetup: ['e2e/stack/start.ts'],
    fileParallelism: false,
    testTimeout: 40_000,
    hookTimeout: 60_000,
    teardownTimeout: 40_000,
    reporters: ['verbose'],
  },
});
