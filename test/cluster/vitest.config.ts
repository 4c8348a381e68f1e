import { defineConfig } from 'vitest/config';

/** What runs side by side, because it mostly waits for heartbeats that do not come. */
const BESIDE = ['test/cluster/cluster.test.ts', 'test/cluster/poison.test.ts'];
const WORKERS = 3;

/** Built servers on Postgres, several on one mostly, while some of them are killed. Takes about five minutes. */
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
          maxWorkers: WORKERS,
        },
      },
      {
        extends: true,
        test: {
          // One server, which is stopped, killed and started again: what it does on a file it must do on Postgres too.
          name: 'e2e on Postgres',
          include: ['crash', 'restart', 'stop', 'waits'].map((name) => `test/e2e/${name}.test.ts`),
          env: { TEST_DATABASE: 'postgres' },
          globalSetup: ['test/helpers/postgres-server.ts'],
          setupFiles: ['test/helpers/needs-postgres.ts'],
          maxWorkers: WORKERS,
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
