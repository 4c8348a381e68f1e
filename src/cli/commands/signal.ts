import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJson, writeLine } from '../output.js';
import { readJson } from '../read-input.js';
import { withServer } from '../with-server.js';

interface SignalOptions extends ServerOptions {
  readonly idempotencyKey?: string;
}

/** `graphrunner signal` */
export const addSignal: AddCommand = (program, context) => {
  const command = program
    .command('signal')
    .summary('send a signal to a run')
    .description('Sends a signal to a run. It is kept until a wait takes it.')
    .argument('<run_id>', 'the run')
    .argument('<name>', 'the name of the signal')
    .argument('[payload]', 'JSON, or @FILE, or - for standard input; null if it is omitted')
    .option('--idempotency-key <key>', 'the same key and payload are sent only once')
    .action(async (runId: string, name: string, payload: string | undefined, options: SignalOptions) => {
      context.exitCode = await signal({ runId, name, payload }, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner signal 01a205f7-8f38-775c-952c-00447c059553 paid \'{ "amount": 3 }\'']);
};

async function signal(
  { runId, name, payload: given = 'null' }: { runId: string; name: string; payload: string | undefined },
  options: SignalOptions,
  { terminal }: Context,
): Promise<ExitCode> {
  const payload = await readJson('The payload', given, terminal);
  const { idempotencyKey } = options;
  return withServer(options, async (client, dataOf) => {
    const header = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
    const params = { path: { run_id: runId, name }, header };
    const run = dataOf(await client.POST('/graph/runs/{run_id}/signals/{name}', { params, body: { payload } }));
    if (options.json === true) writeJson(terminal, run);
    else writeLine(terminal.stdout, `${runId} ${run.status}`);
    return EXIT.done;
  });
}
