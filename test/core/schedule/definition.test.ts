import { describe, expect, it } from 'vitest';
import { UnreadableError } from '../../../src/core/base/stored.js';
import { previewSchema, scheduleDefinitionSchema, splitDefinition } from '../../../src/core/schedule/definition.js';
import { readLast, readSettings } from '../../../src/core/schedule/stored-schedule.js';

const GIVEN = { graph_id: 'g', cron: '0 9 * * *' };

describe('a definition', () => {
  it('has defaults', () => {
    expect(scheduleDefinitionSchema.parse(GIVEN)).toEqual({
      ...GIVEN,
      time_zone: 'UTC',
      overlap: 'skip',
      catch_up_seconds: 60,
      enabled: true,
    });
  });

  it.each([
    [{ schedule_id: 'preview' }, 'schedule_id'],
    [{ schedule_id: 'a b' }, 'schedule_id'],
    [{ cron: '0 0 30 2 *' }, 'cron'],
    [{ every_seconds: 1 }, 'cron'],
    [{ time_zone: 'Mars' }, 'time_zone'],
    [{ overlap: 'queue' }, 'overlap'],
    [{ catch_up_seconds: 0 }, 'catch_up_seconds'],
    [{ limits: { max_steps: 0 } }, 'limits'],
  ])('is refused with %o', (wrong, field) => {
    const { error } = scheduleDefinitionSchema.safeParse({ ...GIVEN, ...wrong });
    expect(error?.issues.map(({ path }) => path[0])).toEqual([field]);
  });

  it('is stored in parts', () => {
    const definition = scheduleDefinitionSchema.parse({ ...GIVEN, schedule_id: 's', input_data: [1] });
    const { settings, ...rest } = splitDefinition(definition);
    expect(rest).toEqual({ scheduleId: 's', graphId: 'g', inputData: [1] });
    expect(readSettings(JSON.stringify(settings))).toEqual(settings);
    const { input_data: _, ...without } = definition;
    expect(splitDefinition(without).inputData).toBeNull();
  });
});

it('a preview is of a timing', () => {
  expect(previewSchema.parse({ every_seconds: 5 })).toEqual({ every_seconds: 5, time_zone: 'UTC', count: 5 });
  expect(previewSchema.safeParse({ cron: '* *' }).success).toBe(false);
});

describe('what is stored', () => {
  const settings = splitDefinition(
    scheduleDefinitionSchema.parse({ ...GIVEN, limits: { max_steps: 5, on_limit: 'wait' } }),
  ).settings;

  it.each([
    ['{'],
    ['[]'],
    [JSON.stringify({ ...settings, overlap: 'later' })],
    [JSON.stringify({ ...settings, time_zone: 'Mars/Base' })],
    [JSON.stringify({ ...settings, limits: { on_limit: 'x' } })],
  ])('cannot be read: %s', (stored) => {
    expect(() => readSettings(stored)).toThrow(UnreadableError);
  });

  it('may have had no occurrence yet', () => {
    expect(readLast(null)).toBeNull();
    const last = { instant: 1, outcome: 'missed', at: 2, run_id: null, message: 'm', passed: 0, tries: 1 };
    expect(readLast(JSON.stringify(last))).toEqual(last);
    expect(() => readLast(JSON.stringify({ ...last, outcome: 'lost' }))).toThrow(UnreadableError);
  });
});
