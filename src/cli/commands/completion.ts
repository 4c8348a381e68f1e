import { Argument } from 'commander';
import { SHELLS, type Shell } from '../completion-script.js';
import type { AddCommand } from '../context.js';
import { addExamples } from '../options.js';

/** `graphrunner completion` */
export const addCompletion: AddCommand = (program, { terminal }) => {
  const command = program
    .command('completion')
    .summary('print a script that completes commands in a shell')
    .description('Prints a script for bash or zsh that completes commands, options and files.')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action(async (shell: Shell) => {
      const { completionScript } = await import('../completion-script.js');
      terminal.stdout.write(completionScript(shell, program));
    });
  addExamples(command, ['source <(graphrunner completion bash)', 'source <(graphrunner completion zsh)']);
};
