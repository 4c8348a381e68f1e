import { customType } from 'drizzle-orm/sqlite-core';
import type { RunError } from '../../core/run/events.js';
import { ERROR_COLUMN, METADATA_COLUMN } from '../shown-columns.js';

export const metadataColumn = customType<{ data: Readonly<Record<string, string>>; driverData: string }>(
  METADATA_COLUMN,
);
export const errorColumn = customType<{ data: RunError; driverData: string }>(ERROR_COLUMN);
