import { defineConfig } from 'vitest/config';

/** What runs side by side, because it mostly waits for heartbeats that do not come. */
const BESIDE = ['test/cluster/cluster.test.ts', 'test/cluster/poison.test.ts'];

/** Several built servers on one Postgres, under load, while some of them are killed. Takes about four minutes. */
export default defineConfig({
  test: {
    testTimeout: 400_000,
    hookTimeout: 60_000,
    // They print what they measured.
    disableConsoleIntercept: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'cluster',
          include: BESIDE,
          globalSetup: ['test/helpers/build.ts', 'test/helpers/postgres-server.ts'],
          maxWorkers: 2,
        },
      },
      {
        extends: true,
        test: {
          name: 'failures',
          include: ['test/cluster/**/*.test.ts'],
          exclude: BESIDE,
          globalSetup: ['test/helpers/postgres-server.ts'],
          // They watch clocks, so one file at a time.
          sequence: { groupOrder: 1 },
          fileParallelism: false,
        },
      },
    ],
  },
});
