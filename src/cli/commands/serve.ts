import type { AddCommand } from '../context.js';
import { addExamples, collect } from '../options.js';
import { settingsText } from '../settings-text.js';

/** `graphrunner serve`, which is also what the program does without a command. */
export const addServe: AddCommand = (program) => {
  const command = program
    .command('serve')
    .summary('start the server in the working directory')
    .description(
      'Makes or continues the database in the working directory, and listens. The same as no command at all.',
    )
    .option('--tools <module>', 'a module of tools, beside those of TOOLS; can be repeated', collect)
    .action(async ({ tools = [] }: { readonly tools?: readonly string[] }) => {
      const { serve } = await import('../serve.js');
      await serve({ tools });
    });
  addExamples(command, ['graphrunner serve', 'PORT=9000 DATABASE_URL=data/runs.db graphrunner'], settingsText());
};
