import { Option } from 'commander';
import type { components } from '../../client/client.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, collect, type ServerOptions, wholeNumber } from '../options.js';
import { cutTo, inOneLine, writeJson, writeLine, writeTable } from '../output.js';
import { readPairs } from '../read-input.js';
import { withServer } from '../with-server.js';

type Summary = components['schemas']['RunSummary'];
type Status = components['schemas']['RunStatus'];
type WaitKind = components['schemas']['WaitKind'];

/** A value of another name does not compile. */
const STATUSES: Readonly<Record<Status, true>> = {
  SUBMITTED: true,
  RUNNING: true,
  WAITING: true,
  COMPLETED: true,
  FAILED: true,
  CANCELLED: true,
};

const WAITS: Readonly<Record<WaitKind, true>> = {
  input: true,
  signal: true,
  timer: true,
  retry: true,
  graph: true,
  branches: true,
  paused: true,
  limit: true,
};

interface RunsOptions extends ServerOptions {
  readonly status?: readonly Status[];
  readonly graph?: string;
  readonly waitingFor?: WaitKind;
  readonly parent?: string;
  readonly metadata?: readonly string[];
  readonly search?: string;
  readonly limit: number;
  readonly cursor?: string;
}

/** `graphrunner runs` */
export const addRuns: AddCommand = (program, context) => {
  const command = program
    .command('runs')
    .summary('list runs')
    .description('Lists runs, newest first.')
    .addOption(new Option('--status <status...>', 'only runs of these').choices(Object.keys(STATUSES)))
    .option('--graph <graph_id>', 'only runs of this graph')
    .addOption(new Option('--waiting-for <kind>', 'only runs that wait for this').choices(Object.keys(WAITS)))
    .option('--parent <run_id>', 'the runs inside this one')
    .option('--metadata <key=value>', 'only runs with this metadata; can be repeated', collect)
    .option('--search <text>', 'only runs with this in their id, metadata or error')
    .option('--limit <number>', 'how many, up to 200', wholeNumber(1), 20)
    .option('--cursor <cursor>', 'the next page, as the page before says')
    .action(async (options: RunsOptions) => {
      context.exitCode = await listRuns(options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner runs --status FAILED CANCELLED',
    'graphrunner runs --graph leave-request --waiting-for input',
    'graphrunner runs --metadata customer=42 --json',
  ]);
};

async function listRuns(options: RunsOptions, { terminal }: Context): Promise<ExitCode> {
  const { status, graph, waitingFor, parent, metadata, search, limit, cursor, json } = options;
  const query = {
    limit,
    ...(status === undefined ? {} : { status: [...status] }),
    ...(graph === undefined ? {} : { graph_id: graph }),
    ...(waitingFor === undefined ? {} : { waiting_for: waitingFor }),
    ...(parent === undefined ? {} : { parent_run_id: parent }),
    ...(metadata === undefined ? {} : { metadata: readPairs('--metadata', metadata) }),
    ...(search === undefined ? {} : { search }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  return withServer(options, async (client, dataOf) => {
    const page = dataOf(await client.GET('/graph/runs', { params: { query } }));
    if (json === true) writeJson(terminal, page);
    else {
      writeTable(terminal, ['RUN', 'GRAPH', 'STATUS', 'SUBMITTED', 'DETAILS'], page.runs.map(rowOf));
      if (page.next_cursor !== null) writeLine(terminal.stdout, `There are more: --cursor ${page.next_cursor}`);
    }
    return EXIT.done;
  });
}

function rowOf({ run_id, graph_id, status, submitted_at, waiting_for, error, paused }: Summary): string[] {
  const details = [
    ...(waiting_for === null ? [] : [`waits for ${waiting_for}`]),
    ...(paused ? ['paused'] : []),
    ...(error === null ? [] : [`${error.code}: ${cutTo(inOneLine(error.message), 80)}`]),
  ];
  return [run_id, graph_id, status, submitted_at.replace('T', ' ').replace(/\.\d+Z$/, 'Z'), details.join(', ')];
}
