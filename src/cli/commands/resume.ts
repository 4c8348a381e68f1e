import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJson, writeLine } from '../output.js';
import { readJson } from '../read-input.js';
import { withServer } from '../with-server.js';

interface ResumeOptions extends ServerOptions {
  readonly waitId?: string;
}

/** `graphrunner resume` */
export const addResume: AddCommand = (program, context) => {
  const command = program
    .command('resume')
    .summary('answer what a run waits for')
    .description('Answers the question that a run waits with, or lifts the limit that it has come to.')
    .argument('<run_id>', 'the run')
    .argument('<answer>', 'JSON, or @FILE, or - for standard input')
    .option('--wait-id <id>', 'the wait to answer: a late answer then ends no other wait')
    .action(async (runId: string, answer: string, options: ResumeOptions) => {
      context.exitCode = await resume(runId, answer, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner resume 01a205f7-8f38-775c-952c-00447c059553 true',
    'graphrunner resume 01a205f7-8f38-775c-952c-00447c059553 \'"some text"\'',
    'graphrunner resume 01a205f7-8f38-775c-952c-00447c059553 @answer.json',
  ]);
};

async function resume(runId: string, answer: string, options: ResumeOptions, { terminal }: Context): Promise<ExitCode> {
  const payload = await readJson('The answer', answer, terminal);
  const { json, waitId } = options;
  return withServer(options, async (client) => {
    const run = await client.answer(runId, payload, waitId === undefined ? {} : { waitId });
    if (json === true) writeJson(terminal, run);
    else writeLine(terminal.stdout, `${runId} ${run.status}`);
    return EXIT.done;
  });
}
