import type { AddCommand, Context } from '../context.js';
import type { Example, LoadedExample } from '../demo-on-server.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, DEFAULT_URL, type ServerOptions } from '../options.js';
import { inOneLine, writeJson, writeJsonLine, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

interface DemoOptions extends ServerOptions {
  readonly watch?: boolean;
}

/** What the command has done. */
interface Done {
  readonly graphs: readonly LoadedExample[];
  readonly run_id: string;
  /** Where the run is on the page. */
  readonly page: string;
}

/** `graphrunner demo` */
export const addDemo: AddCommand = (program, context) => {
  const command = program
    .command('demo')
    .summary('load examples, and start a tour of twenty seconds')
    .description(
      'Saves the graphs of the demo on the server, and starts a run of the tour: branches, a retry, a loop, and a question to you. Graphs that are there already stay as they are.',
    )
    .option('--watch', 'show the steps of the run until it has ended')
    .action(async (options: DemoOptions) => {
      context.exitCode = await demo(options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner demo', 'graphrunner demo --watch']);
};

async function demo(options: DemoOptions, { terminal }: Context): Promise<ExitCode> {
  const { readExamples, loadExamples } = await import('../demo-on-server.js');
  const { url, json = false, watch = false } = options;
  return withServer(options, async (client, dataOf) => {
    const examples = await readExamples(client);
    const graphs = await loadExamples(client, examples);
    const [tour] = examples;
    const { run_id: runId } = dataOf(await client.POST('/graph/run', { body: tour.start }));
    const done: Done = { graphs, run_id: runId, page: `${url}/#/runs/${runId}` };
    if (!json) tellDone(done, tour, options, terminal);
    else if (watch) writeJsonLine(terminal, done);
    else writeJson(terminal, done);
    if (!watch) return EXIT.done;
    const { followToEnd } = await import('../follow/follow-to-end.js');
    return followToEnd({ client, terminal, runId, json, isWatched: true, isLocal: false });
  });
}

function tellDone(
  { graphs, run_id: runId, page }: Done,
  tour: Example,
  { url, watch }: DemoOptions,
  { stdout }: Terminal,
): void {
  for (const { graph_id: graphId, result } of graphs)
    writeLine(stdout, result === 'created' ? `Created ${graphId}` : `${graphId} is there already, and stays as it is`);
  writeLine(stdout, `Started a run of ${tour.graph_id}: ${runId}`);
  const server = url === DEFAULT_URL ? '' : ` --url ${url}`;
  writeLine(stdout, `See it on the page: ${page}`);
  if (watch !== true) writeLine(stdout, `Or here: graphrunner watch ${runId}${server}`);
  if (tour.answer === null) return;
  const answer = inOneLine(JSON.stringify(tour.answer));
  writeLine(stdout, 'Answer its question on the page, or with:');
  writeLine(stdout, `  graphrunner resume ${runId} '${answer}'${server}`);
}
