import { defineConfig } from 'vitest/config';

/** Load on the built server, with what it may cost. Not part of `npm test`: they take minutes, and a quiet machine. */
export default defineConfig({
  test: {
    name: 'stress',
    include: ['test/stress/**/*.stress.ts'],
    globalSetup: ['test/helpers/build.ts'],
    // One at a time: they measure.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
    // They print what they measured.
    disableConsoleIntercept: true,
  },
});
