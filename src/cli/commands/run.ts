import type { Client, dataOf as DataOf } from '../../client/client.js';
import { CliError } from '../cli-error.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, collect, type ServerOptions } from '../options.js';
import { writeJsonLine, writeLine } from '../output.js';
import { isFile, readJson, readPairs } from '../read-input.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

interface RunOptions extends ServerOptions {
  readonly input?: string;
  readonly limits?: string;
  readonly metadata?: readonly string[];
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
  readonly watch?: boolean;
  readonly local?: boolean;
  readonly tools?: readonly string[];
  readonly with?: readonly string[];
}

/** `graphrunner run` */
export const addRun: AddCommand = (program, context) => {
  const command = program
    .command('run')
    .summary('start a run')
    .description(
      'Starts a run of a graph on the server, and prints its id. A file is saved there first, as by apply. With --local the run is in this process, on a temporary database: no server is needed.',
    )
    .argument('<graph>', 'the id of a graph, or a file with one')
    .option('--input <json>', 'the input: JSON, or @FILE, or - for standard input')
    .option('--limits <json>', 'limits of the run: JSON, or @FILE')
    .option('--metadata <key=value>', 'metadata of the run; can be repeated', collect)
    .option('--idempotency-key <key>', 'the same key starts only one run')
    .option('--wait', 'come back when it has ended, or waits for a person, and print its state')
    .option('--watch', 'show its steps until it has ended')
    .option('--local', 'run it here, to the end')
    .option('--tools <module>', 'with --local: a module of tools; can be repeated', collect)
    .option('--with <path>', 'with --local: a file or folder of graphs that it runs; can be repeated', collect)
    .action(async (graph: string, options: RunOptions) => {
      context.exitCode = await run(graph, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner run leave-request --input \'{ "name": "Ada", "days": 3 }\' --watch',
    'graphrunner run leave.json --local --input @input.json',
    'graphrunner run leave-request --wait --json',
  ]);
};

async function run(graph: string, options: RunOptions, { terminal }: Context): Promise<ExitCode> {
  const { local, tools = [], with: others = [] } = options;
  if (local !== true && tools.length + others.length > 0) {
    throw new CliError('--tools and --with are for --local: a server has the tools and graphs that it has.');
  }
  const request = await readRequest(options, terminal);
  if (local !== true)
    return withServer(options, (client, dataOf) => start({ client, dataOf }, graph, request, options, terminal));
  // From here on Ctrl+C leaves no database behind.
  terminal.interrupted();
  const { withLocalServer } = await import('../local-server.js');
  return withLocalServer(tools, (server) =>
    withServer(server, async (client, dataOf) => {
      for (const path of others) await saveAll(client, path, terminal);
      return start({ client, dataOf }, graph, request, options, terminal);
    }),
  );
}

/** What a run is started with, besides its graph. */
async function readRequest({ input, limits, metadata }: RunOptions, terminal: Terminal): Promise<object> {
  return {
    ...(input === undefined ? {} : { input_data: await readJson('--input', input, terminal) }),
    ...(limits === undefined ? {} : { limits: await readJson('--limits', limits, terminal) }),
    ...(metadata === undefined ? {} : { metadata: readPairs('--metadata', metadata) }),
  };
}

interface Server {
  readonly client: Client;
  readonly dataOf: typeof DataOf;
}

async function start(
  { client, dataOf }: Server,
  graph: string,
  request: object,
  options: RunOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const graphId =
    graph === '-' || graph.endsWith('.json') || (await isFile(graph)) ? await saveFile(client, graph, terminal) : graph;
  if (graphId === undefined) return EXIT.no;
  const { idempotencyKey } = options;
  const params = { header: idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey } };
  const started = dataOf(await client.POST('/graph/run', { params, body: { graph_id: graphId, ...request } }));
  const { run_id: runId } = started;
  const { json, wait, watch, local } = options;
  const isFollowed = watch === true || wait === true || local === true;
  if (json !== true) writeLine(terminal.stdout, runId);
  else if (watch === true || !isFollowed) writeJsonLine(terminal, started);
  if (!isFollowed) {
    if (json !== true) writeLine(terminal.stderr, `Watch it with: graphrunner watch ${runId}`);
    return EXIT.done;
  }
  const { followToEnd } = await import('../follow/follow-to-end.js');
  const how = { client, terminal, runId, json: json === true, isWatched: watch === true, isLocal: local === true };
  return followToEnd(how);
}

/** Saves the graph of a file. Undefined if it has errors, which are told. */
async function saveFile(client: Client, path: string, terminal: Terminal): Promise<string | undefined> {
  const { requireGraphFile } = await import('../graph-files.js');
  const { saveGraph } = await import('../graphs-on-server.js');
  const file = await requireGraphFile(path, terminal);
  const saved = await saveGraph(client, file);
  if (saved.result !== 'refused') return saved.graphId;
  const { linesOfVerdict, textFormat } = await import('../findings.js');
  for (const line of linesOfVerdict(
    saved,
    textFormat((_style, text) => text),
  ))
    writeLine(terminal.stderr, line);
  return undefined;
}

async function saveAll(client: Client, path: string, terminal: Terminal): Promise<void> {
  const { findGraphFiles } = await import('../graph-files.js');
  for (const file of await findGraphFiles([path])) {
    if ((await saveFile(client, file, terminal)) === undefined) throw new CliError(`${file} has errors.`, EXIT.no);
  }
}
