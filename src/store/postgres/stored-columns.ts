import { customType } from 'drizzle-orm/pg-core';
import type { RunError } from '../../core/run/events.js';
import { readMetadata, readRunError } from '../../core/run/stored-row.js';

/** Text that is compared and sorted byte by byte, as SQLite and JavaScript do: other collations put `B` behind `ab`. */
export const text = customType<{ data: string; driverData: string }>({ dataType: () => 'text COLLATE "C"' });

/** Text that is not compared: JSON, mostly. */
export const longText = customType<{ data: string; driverData: string }>({ dataType: () => 'text' });

/*
 * Columns of rows that lists show. One that is damaged is shown as what can be said of it: the other rows of the list are
 * shown all the same.
 */

export const metadataColumn = customType<{ data: Readonly<Record<string, string>>; driverData: string }>({
  dataType: () => 'text',
  toDriver: (metadata) => JSON.stringify(metadata),
  fromDriver: (stored) => readMetadata(stored) ?? {},
});

export const errorColumn = customType<{ data: RunError; driverData: string }>({
  dataType: () => 'text',
  toDriver: (error) => JSON.stringify(error),
  fromDriver: readRunError,
});
