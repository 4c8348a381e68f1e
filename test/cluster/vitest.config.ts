import { defineConfig } from 'vitest/config';

/** Several built servers on one Postgres, under load, while some of them are killed. Takes about three minutes. */
export default defineConfig({
  test: {
    name: 'cluster',
    include: ['test/cluster/**/*.test.ts'],
    globalSetup: ['test/helpers/build.ts', 'test/helpers/postgres-server.ts'],
    // They kill servers and watch clocks.
    fileParallelism: false,
    testTimeout: 400_000,
    hookTimeout: 60_000,
    // They print what they measured.
    disableConsoleIntercept: true,
  },
});
