import { describe, expect, it } from 'vitest';
import { startDatabase } from '../../src/store/postgres/start.js';
import { findPostgres } from '../helpers/postgres.js';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('starting on Postgres', () => {
  it('makes the tables once, however many processes start together', async () => {
    const url = await postgres!.newSchema();
    const made = await Promise.all(
      Array.from({ length: 5 }, () => startDatabase(url, Math.random, async ({ isNew }) => isNew)),
    );
    expect(made.filter((isNew) => isNew)).toHaveLength(1);
  });
});
