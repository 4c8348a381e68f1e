import { defineConfig } from 'vitest/config';

/** Tests of the page in a real browser. Not part of `npm test`: they need Chromium. */
export default defineConfig({
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/helpers/build.ts'],
    // Each file has a server and a browser of its own, and mostly waits.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
