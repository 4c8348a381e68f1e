import { defineConfig } from 'vitest/config';

const POSTGRES = 'test/helpers/postgres-server.ts';
/** It counts how long things take under load, so it runs alone. */
const UNDER_LOAD = 'test/cluster/cluster.test.ts';
/** They mostly wait for heartbeats that do not come, so they run side by side. */
const WAITING = ['test/cluster/poison.test.ts', 'test/cluster/model.test.ts'];
/** What they count does not depend on how long anything takes. */
const COUNTING = ['schedules', 'callbacks', 'concurrency'].map((name) => `test/cluster/${name}.test.ts`);
const WORKERS = 3;

/** Built servers on Postgres, several on one mostly, while some of them are killed. Takes about seven minutes. */
export default defineConfig({
  test: {
    testTimeout: 400_000,
    hookTimeout: 60_000,
    // They print what they measured.
    disableConsoleIntercept: true,
    env: { TEST_PROGRAM: 'dist-bundle/main.js' },
    projects: [
      {
        extends: true,
        test: {
          name: 'cluster',
          include: [UNDER_LOAD],
          globalSetup: ['test/helpers/bundle.ts', POSTGRES],
        },
      },
      {
        extends: true,
        test: {
          name: 'waiting',
          include: WAITING,
          globalSetup: [POSTGRES],
          sequence: { groupOrder: 1 },
          maxWorkers: WORKERS,
        },
      },
      {
        extends: true,
        test: {
          // One server, which is stopped, killed and started again: what it does on a file it must do on Postgres too.
          name: 'e2e on Postgres',
          include: ['crash', 'restart', 'stop', 'waits'].map((name) => `test/e2e/${name}.test.ts`),
          env: { TEST_DATABASE: 'postgres', TEST_PROGRAM: 'dist-bundle/main.js' },
          globalSetup: [POSTGRES],
          setupFiles: ['test/helpers/needs-postgres.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: WORKERS,
        },
      },
      {
        extends: true,
        test: {
          name: 'failures',
          include: ['test/cluster/**/*.test.ts'],
          exclude: [UNDER_LOAD, ...WAITING, ...COUNTING],
          globalSetup: [POSTGRES],
          // They watch clocks, so one file at a time.
          sequence: { groupOrder: 2 },
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'counting',
          include: COUNTING,
          globalSetup: [POSTGRES],
          sequence: { groupOrder: 3 },
          maxWorkers: 2,
        },
      },
    ],
  },
});
