import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJsonLine, writeLine } from '../output.js';
import { withServer } from '../with-server.js';

/** Requests that need nothing but the run. */
const REQUESTS = {
  cancel: {
    summary: 'cancel runs',
    description: 'Cancels runs, with the runs inside them. A step in progress is aborted.',
  },
  pause: {
    summary: 'pause runs',
    description: 'Pauses runs: a step in progress goes on to its end, and no other begins.',
  },
  unpause: { summary: 'have paused runs go on', description: 'Has paused runs go on.' },
} as const;

type Request = keyof typeof REQUESTS;

/** `graphrunner cancel`, `graphrunner pause` and `graphrunner unpause` */
export const addRequests: AddCommand = (program, context) => {
  for (const [name, { summary, description }] of Object.entries(REQUESTS)) {
    const command = program
      .command(name)
      .summary(summary)
      .description(description)
      .argument('<run_id...>', 'runs')
      .action(async (runIds: string[], options: ServerOptions) => {
        context.exitCode = await send(name as Request, runIds, options, context);
      });
    addServerOptions(command);
    addExamples(command, [`graphrunner ${name} 01a205f7-8f38-775c-952c-00447c059553`]);
  }
};

async function send(
  request: Request,
  runIds: readonly string[],
  options: ServerOptions,
  { terminal }: Context,
): Promise<ExitCode> {
  return withServer(options, async (client, dataOf) => {
    for (const runId of runIds) {
      const params = { path: { run_id: runId } };
      const started = dataOf(await client.POST(`/graph/runs/{run_id}/${request}`, { params }));
      if (options.json === true) writeJsonLine(terminal, started);
      else writeLine(terminal.stdout, `${runId} ${started.status}`);
    }
    return EXIT.done;
  });
}
