import { it } from 'vitest';
import { findPostgres } from '../helpers/postgres.js';
import { openPostgres } from './postgres-stores.js';
import { describeSchedules } from './schedules.suite.js';
import { describeStore } from './store.suite.js';

const postgres = await findPostgres();

if (postgres === undefined) it.skip('needs Postgres', () => undefined);
else {
  const openStore = async () => (await openPostgres(await postgres.newSchema())).store;
  describeStore('Postgres', openStore);
  describeSchedules('Postgres', openStore);
}
