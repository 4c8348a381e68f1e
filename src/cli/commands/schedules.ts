import { Argument } from 'commander';
import type { Client, components, dataOf as DataOf } from '../../client/client.js';
import { CliError } from '../cli-error.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJson, writeLine, writeTable } from '../output.js';
import { withServer } from '../with-server.js';

type Listed = components['schemas']['ListedSchedule'];

const ACTIONS = ['list', 'trigger', 'enable', 'disable'] as const;
type Action = (typeof ACTIONS)[number];

/** `graphrunner schedules` */
export const addSchedules: AddCommand = (program, context) => {
  const command = program
    .command('schedules')
    .summary('list schedules, or trigger, enable or disable one')
    .description('Lists schedules with when they are due next; or starts a run of one now, enables or disables it.')
    .addArgument(new Argument('[action]', 'what to do').choices(ACTIONS).default('list'))
    .argument('[schedule_id]', 'the schedule')
    .action(async (action: Action, scheduleId: string | undefined, options: ServerOptions) => {
      context.exitCode = await doWithSchedules(action, scheduleId, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner schedules', 'graphrunner schedules trigger nightly']);
};

async function doWithSchedules(
  action: Action,
  scheduleId: string | undefined,
  options: ServerOptions,
  { terminal }: Context,
): Promise<ExitCode> {
  if ((scheduleId === undefined) !== (action === 'list')) {
    throw new CliError(
      'Usage: graphrunner schedules [list], or graphrunner schedules trigger|enable|disable SCHEDULE_ID.',
    );
  }
  return withServer(options, async (client, dataOf) => {
    const { json } = options;
    if (scheduleId === undefined) {
      const schedules = await listSchedules(client, dataOf);
      if (json === true) writeJson(terminal, { schedules });
      else writeTable(terminal, ['SCHEDULE', 'GRAPH', 'WHEN', 'NEXT', 'LAST'], schedules.map(rowOf));
    } else if (action === 'trigger') {
      const params = { path: { schedule_id: scheduleId } };
      const run = dataOf(await client.POST('/schedules/{schedule_id}/trigger', { params }));
      if (json === true) writeJson(terminal, run);
      else writeLine(terminal.stdout, run.run_id);
    } else {
      const schedule = await setEnabled(client, dataOf, scheduleId, action === 'enable');
      if (json === true) writeJson(terminal, schedule);
      else writeLine(terminal.stdout, `${scheduleId} ${schedule.enabled ? 'is enabled' : 'is disabled'}`);
    }
    return EXIT.done;
  });
}

/** All of them: there are few. */
async function listSchedules(client: Client, dataOf: typeof DataOf): Promise<Listed[]> {
  const found: Listed[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: 200, ...(cursor === null ? {} : { cursor }) };
    const page: components['schemas']['ScheduleList'] = dataOf(await client.GET('/schedules', { params: { query } }));
    found.push(...page.schedules);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

/** Saves a schedule as it is, but for this. What is null there is omitted in requests. */
async function setEnabled(client: Client, dataOf: typeof DataOf, scheduleId: string, enabled: boolean) {
  const params = { path: { schedule_id: scheduleId } };
  const current = dataOf(await client.GET('/schedules/{schedule_id}', { params }));
  const { next: _next, last: _last, created_at: _created, updated_at: _updated, ...settings } = current;
  const given = Object.entries(settings).filter(([name, value]) => value !== null || name === 'input_data');
  const body = { ...Object.fromEntries(given), enabled } as never;
  return dataOf(await client.PUT('/schedules/{schedule_id}', { params, body }));
}

function rowOf({ schedule_id, graph_id, cron, every_seconds, time_zone, enabled, next, last }: Listed): string[] {
  const when = cron === null ? `every ${every_seconds} s` : `${cron} ${time_zone}`;
  return [schedule_id, graph_id, when, enabled ? (next[0] ?? 'never') : 'disabled', last?.outcome ?? ''];
}
