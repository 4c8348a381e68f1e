import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJson, writeLine } from '../output.js';
import { readJson } from '../read-input.js';
import { withServer } from '../with-server.js';

interface RetryOptions extends ServerOptions {
  readonly limits?: string;
  readonly data?: string;
  readonly result?: string;
}

/** `graphrunner retry` */
export const addRetry: AddCommand = (program, context) => {
  const command = program
    .command('retry')
    .summary('have a failed or cancelled run go on')
    .description('Has a failed or cancelled run go on from the step that it stopped at.')
    .argument('<run_id>', 'the run')
    .option('--limits <json>', 'other limits: JSON, or @FILE')
    .option('--data <json>', 'keys of data to set before it goes on: JSON, or @FILE')
    .option('--result <json>', 'takes the place of what the step would return: JSON, or @FILE')
    .action(async (runId: string, options: RetryOptions) => {
      context.exitCode = await retry(runId, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner retry 01a205f7-8f38-775c-952c-00447c059553',
    'graphrunner retry 01a205f7-8f38-775c-952c-00447c059553 --data \'{ "address": "Main St 1" }\'',
  ]);
};

async function retry(runId: string, options: RetryOptions, { terminal }: Context): Promise<ExitCode> {
  const body: Record<string, unknown> = {};
  for (const name of ['limits', 'data', 'result'] as const) {
    const given = options[name];
    if (given !== undefined) body[name] = await readJson(`--${name}`, given, terminal);
  }
  return withServer(options, async (client, dataOf) => {
    const params = { path: { run_id: runId } };
    const run = dataOf(await client.POST('/graph/runs/{run_id}/retry', { params, body }));
    if (options.json === true) writeJson(terminal, run);
    else writeLine(terminal.stdout, `${runId} ${run.status}`);
    return EXIT.done;
  });
}
