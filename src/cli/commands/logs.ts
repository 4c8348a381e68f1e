import type { Client, dataOf as DataOf } from '../../client/client.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { inOneLine, writeJsonLine, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

interface LogsOptions extends ServerOptions {
  readonly follow?: boolean;
}

type WriteLog = (line: string) => void;

/** `graphrunner logs` */
export const addLogs: AddCommand = (program, context) => {
  const command = program
    .command('logs')
    .summary('print the log of a run')
    .description('Prints what the steps of a run have logged, and where it went. Those of runs inside it are theirs.')
    .argument('<run_id>', 'the run')
    .option('-f, --follow', 'go on until the run ends; Ctrl+C stops that, not the run')
    .action(async (runId: string, options: LogsOptions) => {
      context.exitCode = await logs(runId, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner logs -f 01a205f7-8f38-775c-952c-00447c059553']);
};

async function logs(runId: string, options: LogsOptions, { terminal }: Context): Promise<ExitCode> {
  // Tools can log anything, escape sequences included.
  const write: WriteLog =
    options.json === true
      ? (line) => writeJsonLine(terminal, line)
      : (line) => writeLine(terminal.stdout, inOneLine(line));
  return withServer(options, async (client, dataOf) => {
    const count = await writeLines(client, dataOf, runId, write);
    return options.follow === true ? follow(client, runId, { terminal, write, skip: count }) : EXIT.done;
  });
}

/** All lines so far; one answer holds so many. Returns how many there are. */
async function writeLines(client: Client, dataOf: typeof DataOf, runId: string, write: WriteLog): Promise<number> {
  for (let count = 0; ; ) {
    const params = { path: { run_id: runId }, query: { logs_after: count } };
    const { logs: lines, logs_total } = dataOf(await client.GET('/graph/state/{run_id}', { params }));
    for (const line of lines) write(line);
    count += lines.length;
    if (lines.length === 0 || count >= logs_total) return count;
  }
}

/** The lines that events add, but for those that were written. */
async function follow(
  client: Client,
  runId: string,
  { terminal, write, skip }: { readonly terminal: Terminal; readonly write: WriteLog; readonly skip: number },
): Promise<ExitCode> {
  const [{ linesOf }, { storedEventOf }] = await Promise.all([
    import('../../core/run/log-lines.js'),
    import('../follow/run-progress.js'),
  ]);
  const signal = terminal.interrupted();
  let count = 0;
  try {
    for await (const event of client.watchRun(runId, { signal })) {
      for (const line of linesOf(storedEventOf(event))) {
        count += 1;
        if (count > skip) write(line);
      }
    }
    return EXIT.done;
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  }
}
