import type { RunError } from '../core/run/events.js';
import { readMetadata, readRunError } from '../core/run/stored-row.js';

/*
 * Columns of rows that lists show, for the tables of each adapter. One that is damaged is shown as what can be said of it:
 * the other rows of the list are shown all the same.
 */

export const METADATA_COLUMN = {
  dataType: () => 'text',
  toDriver: (metadata: Readonly<Record<string, string>>): string => JSON.stringify(metadata),
  fromDriver: (stored: string): Readonly<Record<string, string>> => readMetadata(stored) ?? {},
};

export const ERROR_COLUMN = {
  dataType: () => 'text',
  toDriver: (error: RunError): string => JSON.stringify(error),
  fromDriver: (stored: string): RunError => readRunError(stored),
};
