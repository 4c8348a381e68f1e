import { defineConfig } from 'vitest/config';

/** `.ci/run` sets this, so that the very `npm test` that the README names also measures coverage and counts tests. */
const withCoverage = process.env.COVERAGE === 'true';

/** They measure how long a server works, or watch its system calls. */
const ALONE = ['turns', 'reads', 'sync'].map((name) => `test/e2e/${name}.test.ts`);

/** They kill the server again and again, so most of their time was spent on starting it. */
const RESTARTING = [
  ...['callbacks', 'clock', 'concurrency', 'crash', 'hooks'],
  ...['file', 'parents', 'restart', 'schedules', 'secrets', 'start', 'stop', 'stray-errors'],
  ...['unreadable', 'upgrade', 'waits'],
].map((name) => `test/e2e/${name}.test.ts`);

/** They count timers, and what other files have left going sets some. */
const COUNTING_TIMERS = [
  ...['engine/hooks', 'model/model', 'runs/output-relay', 'scheduler/scheduler'],
  ...['store/clock-steps', 'store/sqlite-names'],
].map((name) => `test/${name}.test.ts`);

/** Examples import the package by its name, as people do. */
const ALIAS = [
  ['client', 'client/client'],
  ['testing', 'testing/kit'],
  ['testing/vitest', 'testing/vitest'],
].map(([name, path]) => ({
  find: new RegExp(`^graphrunner/${name}$`),
  replacement: new URL(`src/${path}.ts`, import.meta.url).pathname,
}));

const UNIT = {
  setupFiles: ['test/helpers/fast-check.ts', 'test/helpers/close-stores.ts'],
  globalSetup: ['test/helpers/postgres-server.ts'],
  // By itself vitest leaves a core idle, which is half of a machine with two.
  maxWorkers: 2,
  // Catches what hangs. Long enough for the properties on a machine that is busy with other work, and for `until`
  // to say first what it waited for.
  testTimeout: 40_000,
  hookTimeout: 40_000,
};

/** After the unit tests. Each test mostly waits for its server, so there is room for four files side by side. */
const E2E = { sequence: { groupOrder: 1 }, maxWorkers: 4, testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Modules that tests write to temporary directories are imported by Node itself, as in the real server.
    server: { deps: { external: [/\/graphrunner-tools-/] } },
    deps: { interopDefault: false },
    projects: [
      {
        extends: true,
        test: {
          ...UNIT,
          name: 'unit',
          include: ['test/**/*.test.ts', 'examples/**/*.test.mjs'],
          alias: ALIAS,
          exclude: ['test/e2e/**', 'test/cluster/**', 'test/bench/**', 'test/browser/**', ...COUNTING_TIMERS],
          // Files share what they import: most of their time was spent on importing it again for each.
          isolate: false,
        },
      },
      {
        extends: true,
        test: { ...UNIT, name: 'unit with timers', include: COUNTING_TIMERS },
      },
      {
        extends: true,
        test: {
          ...E2E,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [...ALONE, ...RESTARTING],
          // They start the built server as people do.
          globalSetup: ['test/helpers/build.ts', 'test/helpers/postgres-server.ts'],
        },
      },
      {
        extends: true,
        test: {
          ...E2E,
          name: 'e2e with restarts',
          include: RESTARTING,
          env: { TEST_PROGRAM: 'dist-bundle/main.js' },
          globalSetup: ['test/helpers/bundle.ts', 'test/helpers/postgres-server.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e alone',
          include: ALONE,
          globalSetup: ['test/helpers/build.ts'],
          sequence: { groupOrder: 2 },
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
    reporters: withCoverage ? ['default', ['json', { outputFile: 'coverage/tests.json' }]] : ['default'],
    coverage: {
      enabled: withCoverage,
      provider: 'v8',
      reportOnFailure: true,
      include: ['src/**/*.ts'],
      // main.ts runs in child processes only, index.ts has nothing to run, and the page runs in browsers.
      exclude: ['src/main.ts', 'src/index.ts', 'src/web/**'],
      reporter: withCoverage ? ['text-summary', 'json-summary'] : ['text-summary', 'html', 'json-summary'],
      thresholds: {
        lines: 90,
        functions: 90,
        branches: 90,
        statements: 90,
        'src/core/**': { 100: true },
      },
    },
  },
});
