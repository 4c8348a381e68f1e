import type { AddCommand } from '../context.js';
import { addExamples, collect } from '../options.js';

interface DevCommandOptions {
  readonly graphs: string;
  readonly tools?: readonly string[];
}

/** `graphrunner dev` */
export const addDev: AddCommand = (program, context) => {
  const command = program
    .command('dev')
    .summary('serve, and take up changes of graphs and tools')
    .description(
      'Starts the server, watches a folder of graphs and the modules of tools, and takes up what changes: a graph without errors is saved as its next version, and what is wrong with one is told; after a change of a module the server starts again, and runs go on.',
    )
    .option('--graphs <dir>', 'the folder of graphs', 'graphs')
    .option('--tools <module>', 'a module of tools, beside those of TOOLS; can be repeated', collect)
    .action(async ({ graphs, tools = [] }: DevCommandOptions) => {
      const { develop } = await import('../dev/develop.js');
      context.exitCode = await develop({ folder: graphs, tools }, context.terminal);
    });
  addExamples(command, ['graphrunner dev', 'PORT=9000 graphrunner dev --graphs flows --tools ./my-tools.mjs']);
};
