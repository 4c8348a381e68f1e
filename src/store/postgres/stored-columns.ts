import { customType } from 'drizzle-orm/pg-core';
import type { RunError } from '../../core/run/events.js';
import { ERROR_COLUMN, METADATA_COLUMN } from '../shown-columns.js';

/** Text that is compared and sorted byte by byte, as SQLite and JavaScript do: other collations put `B` behind `ab`. */
export const text = customType<{ data: string; driverData: string }>({ dataType: () => 'text COLLATE "C"' });

/** Text that is not compared: JSON, mostly. */
export const longText = customType<{ data: string; driverData: string }>({ dataType: () => 'text' });

export const metadataColumn = customType<{ data: Readonly<Record<string, string>>; driverData: string }>(
  METADATA_COLUMN,
);
export const errorColumn = customType<{ data: RunError; driverData: string }>(ERROR_COLUMN);
