import { isPostgresUrl } from '../../core/base/postgres-url.js';
import { CliError } from '../cli-error.js';
import type { AddCommand } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { addExamples } from '../options.js';
import { writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';

const USAGE = 'Usage: graphrunner migrate FILE [postgres://USER:PASSWORD@HOST/DATABASE].';

/** `graphrunner migrate` */
export const addMigrate: AddCommand = (program, { terminal }) => {
  const command = program
    .command('migrate')
    .summary('move a SQLite file to Postgres')
    .description('Moves all graphs and runs of a SQLite file to a Postgres database. The file stays as it was.')
    .argument('[file]', 'the SQLite file; no server may use it')
    .argument(
      '[url]',
      'the database; without it, that is DATABASE_URL: other users of the machine can read command lines',
    )
    .action(async (file: string | undefined, url: string | undefined) => {
      if (file === undefined || (url !== undefined && !isPostgresUrl(url))) throw new CliError(USAGE);
      await move(file, url, terminal);
    });
  addExamples(command, ['DATABASE_URL=postgres://me:secret@db/runs graphrunner migrate workflow.db']);
};

async function move(file: string, url: string | undefined, { stdout }: Terminal): Promise<void> {
  const [{ loadConfig }, { migrate }, { messageOf }] = await Promise.all([
    import('../../config.js'),
    import('../../migrate.js'),
    import('../../core/base/errors.js'),
  ]);
  try {
    const to = url ?? loadConfig().databaseUrl;
    if (!isPostgresUrl(to)) {
      throw new Error('no Postgres database is given. Put its URL behind the file, or into DATABASE_URL.');
    }
    await migrate(file, to, (line) => writeLine(stdout, line));
  } catch (error) {
    throw new CliError(messageOf(error), EXIT.no, 'graphrunner cannot migrate');
  }
}
