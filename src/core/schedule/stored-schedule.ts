import {
  type Check,
  Form,
  hasFields,
  isCount,
  isFlag,
  isNumber,
  isOneOf,
  isRecordOf,
  isText,
  optional,
  orNull,
} from '../base/form.js';
import { parseStored, UnknownKindError } from '../base/stored.js';
import { isTimeZone } from './calendar.js';
import type { ScheduleSettings } from './definition.js';
import { OVERLAPS } from './definition.js';
import { type LastOccurrence, OUTCOMES } from './occurrence.js';

type Limits = NonNullable<ScheduleSettings['limits']>;

const isLimits: Check<Limits> = hasFields<Limits>({
  max_steps: optional(isCount),
  deadline_seconds: optional(isNumber),
  max_tokens: optional(isCount),
  max_cost_usd: optional(isNumber),
  max_visits: optional(isCount),
  no_progress: optional(isCount),
  on_limit: optional(isOneOf<NonNullable<Limits['on_limit']>>({ fail: 0, wait: 0 })),
});

const SETTINGS = new Form<ScheduleSettings>({
  version: optional(isCount),
  cron: optional(isText),
  every_seconds: optional(isCount),
  time_zone: isText,
  metadata: optional(isRecordOf(isText)),
  limits: optional(isLimits),
  overlap: isOneOf(OVERLAPS),
  catch_up_seconds: isCount,
  enabled: isFlag,
});

const LAST = new Form<LastOccurrence>({
  instant: isNumber,
  outcome: isOneOf(OUTCOMES),
  at: isNumber,
  run_id: orNull(isText),
  message: orNull(isText),
  passed: isCount,
  tries: isCount,
});

/** Reads the settings of a schedule. @throws UnreadableError, also for a time zone that another server knew */
export function readSettings(stored: string): ScheduleSettings {
  const settings = parseStored(stored, SETTINGS);
  if (isTimeZone(settings.time_zone)) return settings;
  throw new UnknownKindError(`has the time zone "${settings.time_zone}", which this server does not know`);
}

/** Reads the last occurrence of a schedule. @throws UnreadableError */
export function readLast(stored: string | null): LastOccurrence | null {
  return stored === null ? null : parseStored(stored, LAST);
}
