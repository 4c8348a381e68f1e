import type { components } from '../../client/client.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { cutTo, inOneLine, writeJson, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

type Diff = components['schemas']['RunDiff'];

/** Longer values are cut. */
const MAX_VALUE = 60;

/** `graphrunner diff` */
export const addDiff: AddCommand = (program, context) => {
  const command = program
    .command('diff')
    .summary('compare two runs')
    .description('Says where two runs went apart, and how their data differs. The exit code is 1 if they differ.')
    .argument('<run_a>', 'a run')
    .argument('<run_b>', 'another run')
    .action(async (a: string, b: string, options: ServerOptions) => {
      context.exitCode = await diff(a, b, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner diff 01a205f7-8f38-775c-952c-00447c059553 01a205f7-9012-7f4e-8a57-6a6f3b2f6c11']);
};

async function diff(a: string, b: string, options: ServerOptions, { terminal }: Context): Promise<ExitCode> {
  return withServer(options, async (client, dataOf) => {
    const found = dataOf(await client.GET('/graph/runs/{a}/diff/{b}', { params: { path: { a, b } } }));
    if (options.json === true) writeJson(terminal, found);
    else writeDiff(found, terminal);
    return found.first_divergence === null && found.data.length === 0 ? EXIT.done : EXIT.no;
  });
}

function writeDiff({ first_divergence: divergence, path_a, path_b, data }: Diff, { stdout }: Terminal): void {
  if (divergence === null) writeLine(stdout, 'They took the same way.');
  else {
    writeLine(stdout, `They went apart at step ${divergence.step}:`);
    writeLine(stdout, `  a ${path_a.join(' → ') || 'had ended'}`);
    writeLine(stdout, `  b ${path_b.join(' → ') || 'had ended'}`);
  }
  if (data.length === 0) writeLine(stdout, 'Their data is the same.');
  for (const difference of data) {
    writeLine(stdout, inOneLine(`data${difference.pointer}: ${brief(difference.a)} | ${brief(difference.b)}`));
  }
}

function brief(value: unknown): string {
  return value === undefined ? 'not there' : cutTo(JSON.stringify(value), MAX_VALUE);
}
