import { writeFile } from 'node:fs/promises';
import { CliError } from '../cli-error.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJsonLine, writeLine } from '../output.js';
import { withServer } from '../with-server.js';

interface ExportOptions extends ServerOptions {
  readonly output?: string;
}

/** `graphrunner export` */
export const addExport: AddCommand = (program, context) => {
  const command = program
    .command('export')
    .summary('write a run as one document')
    .description('Writes a run, with all runs inside it and their graphs, as one JSON document: a capsule.')
    .argument('<run_id>', 'the run')
    .option('--output <file>', 'the file to write; standard output if it is omitted')
    .action(async (runId: string, options: ExportOptions) => {
      context.exitCode = await exportRun(runId, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner export 01a205f7-8f38-775c-952c-00447c059553 > incident.json',
    'graphrunner export 01a205f7-8f38-775c-952c-00447c059553 --output incident.json',
  ]);
};

async function exportRun(runId: string, options: ExportOptions, { terminal }: Context): Promise<ExitCode> {
  const { output } = options;
  return withServer(options, async (client, dataOf) => {
    const params = { path: { run_id: runId } };
    const capsule = dataOf(await client.GET('/graph/runs/{run_id}/capsule', { params }));
    if (output === undefined) writeJsonLine(terminal, capsule);
    else {
      await write(output, `${JSON.stringify(capsule)}\n`);
      writeLine(terminal.stdout, output);
    }
    return EXIT.done;
  });
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new CliError(`${path} cannot be written: ${(error as Error).message}.`);
  }
}
