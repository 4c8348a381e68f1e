import { it } from 'vitest';
import { findPostgres } from '../helpers/postgres.js';
import { openPostgres } from './postgres-stores.js';
import { describeStore } from './store.suite.js';

const postgres = await findPostgres();

if (postgres === undefined) it.skip('needs Postgres', () => undefined);
else describeStore('Postgres', async () => (await openPostgres(await postgres.newSchema())).store);
