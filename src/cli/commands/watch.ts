import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { withServer } from '../with-server.js';

/** `graphrunner watch` */
export const addWatch: AddCommand = (program, context) => {
  const command = program
    .command('watch')
    .summary('watch a run')
    .description(
      'Shows the steps of a run as they happen, until it ends: a live view on a terminal, else a line for each event. It goes on when the server starts again. Ctrl+C stops watching, not the run.',
    )
    .argument('<run_id>', 'the run')
    .action(async (runId: string, options: ServerOptions) => {
      context.exitCode = await watch(runId, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner watch 01a205f7-8f38-775c-952c-00447c059553',
    'graphrunner watch 01a205f7-8f38-775c-952c-00447c059553 --json',
  ]);
};

async function watch(runId: string, options: ServerOptions, { terminal }: Context): Promise<ExitCode> {
  const { followRun } = await import('../follow/follow-run.js');
  return withServer(options, async (client, dataOf) => {
    // Before it is tried again and again: a server that is not there, or a run that is not.
    dataOf(await client.GET('/graph/state/{run_id}', { params: { path: { run_id: runId } } }));
    const hint = 'Ctrl+C stops watching; the run goes on.';
    const json = options.json === true;
    const result = await followRun({ terminal, client, runId, json, hint, stopsAtWaits: false });
    if (result === 'interrupted') return EXIT.interrupted;
    return result === 'COMPLETED' ? EXIT.done : EXIT.no;
  });
}
