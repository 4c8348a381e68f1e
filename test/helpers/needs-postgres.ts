import { beforeEach } from 'vitest';
import { findPostgres } from './postgres.js';

/** For projects all of whose tests need a Postgres. */
beforeEach(async ({ skip }) => {
  if ((await findPostgres()) === undefined) skip('there is no Postgres');
});
