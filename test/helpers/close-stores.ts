import { afterAll, afterEach } from 'vitest';
import { closeStores } from '../store/open-stores.js';
import { closePostgresStores } from '../store/postgres-stores.js';
import { stopEngines } from './engine.js';

// Here, because hooks in what files share would be those of the first file that imports it.
afterEach(closeStores);
afterEach(closePostgresStores);
afterAll(stopEngines);
