import { Option } from 'commander';
import type { components } from '../../client/client.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions, wholeNumber } from '../options.js';
import { inOneLine, writeJsonLine, writeLine, writeTable } from '../output.js';
import { withServer } from '../with-server.js';

type MigrateRuns = components['schemas']['MigrateRuns'];
type Result = components['schemas']['MigrationResult'];
type Status = components['schemas']['RunStatus'];

/** Those of runs that can be moved. */
const STATUSES: readonly Status[] = ['SUBMITTED', 'WAITING', 'FAILED', 'CANCELLED'];

interface MoveRunsOptions extends ServerOptions {
  readonly to: number;
  readonly run?: readonly string[];
  readonly status?: Status[];
  readonly apply?: boolean;
}

/** `graphrunner move-runs` */
export const addMoveRuns: AddCommand = (program, context) => {
  const command = program
    .command('move-runs')
    .summary('have runs go on with another version of their graph')
    .description(
      'Says which runs of a graph can go on with another version of it, and with --apply moves them. A run can if what was recorded of it proves that this version would have come to the same place.',
    )
    .argument('<graph_id>', 'the graph')
    .addOption(
      new Option('--to <version>', 'the version to go on with').argParser(wholeNumber(1)).makeOptionMandatory(),
    )
    .addOption(new Option('--run <run_id...>', 'only these runs').conflicts('status'))
    .addOption(new Option('--status <status...>', 'only runs of these').choices([...STATUSES]))
    .option('--apply', 'move them; without it, nothing is changed')
    .action(async (graphId: string, options: MoveRunsOptions) => {
      context.exitCode = await moveRuns(graphId, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner move-runs leave-request --to 4',
    'graphrunner move-runs leave-request --to 4 --status FAILED --apply',
  ]);
};

async function moveRuns(graphId: string, options: MoveRunsOptions, { terminal }: Context): Promise<ExitCode> {
  const { to, run, status, apply = false, json } = options;
  const chosen = run === undefined ? { filter: status === undefined ? {} : { status } } : { run_ids: [...run] };
  const body: MigrateRuns = { to_version: to, dry_run: !apply, ...chosen };
  return withServer(options, async (client, dataOf) => {
    const results: Result[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const params = { path: { graph_id: graphId } };
      const page = dataOf(
        await client.POST('/graph/{graph_id}/migrate', {
          params,
          body: cursor === undefined ? body : { ...body, cursor },
        }),
      );
      results.push(...page.results);
      if (json === true) writeJsonLine(terminal, page);
      cursor = page.next_cursor;
    }
    const stay = results.filter(({ error }) => error !== undefined).length;
    if (json !== true) {
      if (results.length > 0) writeTable(terminal, ['RUN', 'FROM', 'RESULT'], results.map(rowOf));
      writeLine(terminal.stdout, summaryOf(results.length - stay, stay, options));
    }
    return stay === 0 ? EXIT.done : EXIT.no;
  });
}

function rowOf({ run_id, from_version, moved, error }: Result): string[] {
  const words = error === undefined ? wordsOfMove(moved) : `${error.code}: ${inOneLine(error.message)}`;
  return [run_id, from_version === null ? '' : String(from_version), words];
}

function wordsOfMove(moved: boolean | undefined): string {
  return moved === true ? 'moved' : 'can be moved';
}

function summaryOf(moved: number, stay: number, { to, apply = false }: MoveRunsOptions): string {
  const others = stay === 0 ? '' : `, ${stay} ${apply ? 'stay' : 'cannot be'}`;
  if (apply) return `${moved} moved to version ${to}${others}.`;
  return `${moved} can be moved to version ${to}${others}.${moved === 0 ? '' : ' Move them with --apply.'}`;
}
