import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions, wholeNumber } from '../options.js';
import { writeJson, writeLine } from '../output.js';
import { readJson } from '../read-input.js';
import { withServer } from '../with-server.js';

interface ForkOptions extends ServerOptions {
  readonly fromStep: number;
  readonly data?: string;
  readonly graphVersion?: number;
}

/** `graphrunner fork` */
export const addFork: AddCommand = (program, context) => {
  const command = program
    .command('fork')
    .summary('start a run with the first steps of another one')
    .description('Starts a new run that has the steps of another one before a step, and goes on from there.')
    .argument('<run_id>', 'the run to copy from')
    .requiredOption('--from-step <number>', 'the first step that runs anew', wholeNumber(1))
    .option('--data <json>', 'keys of data to set before it goes on: JSON, or @FILE')
    .option('--graph-version <number>', 'another version of the graph', wholeNumber(1))
    .action(async (runId: string, options: ForkOptions) => {
      context.exitCode = await fork(runId, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner fork 01a205f7-8f38-775c-952c-00447c059553 --from-step 3']);
};

async function fork(runId: string, options: ForkOptions, { terminal }: Context): Promise<ExitCode> {
  const { fromStep, data: given, graphVersion, json } = options;
  const data = given === undefined ? {} : { data: (await readJson('--data', given, terminal)) as never };
  const version = graphVersion === undefined ? {} : { version: graphVersion };
  return withServer(options, async (client, dataOf) => {
    const params = { path: { run_id: runId } };
    const body = { from_step: fromStep, ...data, ...version };
    const run = dataOf(await client.POST('/graph/runs/{run_id}/fork', { params, body }));
    if (json === true) writeJson(terminal, run);
    else writeLine(terminal.stdout, run.run_id);
    return EXIT.done;
  });
}
