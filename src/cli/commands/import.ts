import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { writeJson, writeLine } from '../output.js';
import { readCapsuleFile } from '../read-capsule-file.js';
import { withServer } from '../with-server.js';

interface ImportOptions extends ServerOptions {
  readonly continue?: boolean;
}

/** `graphrunner import` */
export const addImport: AddCommand = (program, context) => {
  const command = program
    .command('import')
    .summary('take in a run that was exported')
    .description('Takes in the run of a capsule as a copy, to look at, retry, fork and compare. Prints its id.')
    .argument('<file>', 'the capsule, or - for standard input')
    .option('--continue', 'a run that has not ended goes on here from its step')
    .action(async (file: string, options: ImportOptions) => {
      context.exitCode = await importRun(file, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner import incident.json', 'graphrunner import incident.json --continue']);
};

async function importRun(file: string, options: ImportOptions, { terminal }: Context): Promise<ExitCode> {
  const capsule = await readCapsuleFile(file, terminal);
  const goesOn = options.continue === true ? { continue: true } : {};
  return withServer(options, async (client, dataOf) => {
    const run = dataOf(await client.POST('/graph/runs/import', { body: { capsule, ...goesOn } }));
    if (options.json === true) writeJson(terminal, run);
    else writeLine(terminal.stdout, run.run_id);
    return EXIT.done;
  });
}
