import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { linesOfVerdict, textFormat } from '../findings.js';
import { findGraphFiles, type GraphFile, requireGraphFile } from '../graph-files.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { paintFor, writeJson, writeLine } from '../output.js';
import { describeSaved, type Saved } from '../saved.js';
import { withServer } from '../with-server.js';

/** `graphrunner apply` */
export const addApply: AddCommand = (program, context) => {
  const command = program
    .command('apply')
    .summary('create or update graphs')
    .description(
      'Saves graphs on the server: a new one is created, one that differs is its next version. One with errors is not saved, and the others are.',
    )
    .argument('<path...>', 'files, or folders with .json files; - is standard input')
    .action(async (paths: string[], options: ServerOptions) => {
      context.exitCode = await apply(paths, options, context);
    });
  addServerOptions(command);
  addExamples(command, ['graphrunner apply leave.json', 'graphrunner apply graphs/ --url https://runs.example.com']);
};

async function apply(paths: string[], options: ServerOptions, { terminal }: Context): Promise<ExitCode> {
  const { saveGraph } = await import('../graphs-on-server.js');
  const files: GraphFile[] = [];
  for (const path of await findGraphFiles(paths)) {
    // Before anything is saved.
    files.push(await requireGraphFile(path, terminal));
  }
  const { stdout } = terminal;
  const format = textFormat(paintFor(stdout));
  return withServer(options, async (client) => {
    const all: Saved[] = [];
    for (const file of files) {
      const saved = await saveGraph(client, file);
      all.push(saved);
      if (options.json === true) continue;
      for (const line of linesOfVerdict(saved, format)) writeLine(stdout, line);
      writeLine(stdout, describeSaved(saved));
    }
    if (options.json === true)
      writeJson(
        terminal,
        all.map(({ graphId, ...saved }) => ({ ...saved, graph_id: graphId })),
      );
    return all.some(({ result }) => result === 'refused') ? EXIT.no : EXIT.done;
  });
}
