import { Command } from 'commander';
import { readVersion } from '../version.js';
import { addApply } from './commands/apply.js';
import { addCompletion } from './commands/completion.js';
import { addDemo } from './commands/demo.js';
import { addDev } from './commands/dev.js';
import { addDiff } from './commands/diff.js';
import { addExplore } from './commands/explore.js';
import { addExport } from './commands/export.js';
import { addFork } from './commands/fork.js';
import { addImport } from './commands/import.js';
import { addLogs } from './commands/logs.js';
import { addMcp } from './commands/mcp.js';
import { addMigrate } from './commands/migrate.js';
import { addMoveRuns } from './commands/move-runs.js';
import { addReplay } from './commands/replay.js';
import { addRequests } from './commands/requests.js';
import { addResume } from './commands/resume.js';
import { addRetry } from './commands/retry.js';
import { addRun } from './commands/run.js';
import { addRuns } from './commands/runs.js';
import { addSchedules } from './commands/schedules.js';
import { addServe } from './commands/serve.js';
import { addShow } from './commands/show.js';
import { addSignal } from './commands/signal.js';
import { addValidate } from './commands/validate.js';
import { addWatch } from './commands/watch.js';
import type { AddCommand, Context } from './context.js';
import { EXIT_MEANINGS } from './exit-codes.js';

/** All commands, in the order in which the help shows them. */
const COMMANDS: readonly AddCommand[] = [
  addServe,
  addDev,
  addDemo,
  addValidate,
  addExplore,
  addApply,
  addRun,
  addRuns,
  addShow,
  addWatch,
  addLogs,
  addResume,
  addSignal,
  addRequests,
  addRetry,
  addFork,
  addDiff,
  addExport,
  addImport,
  addMoveRuns,
  addReplay,
  addSchedules,
  addMcp,
  addMigrate,
  addCompletion,
];

/** The command line as commander knows it. Commands load what they need when they are called. */
export function buildProgram(context: Context): Command {
  const program = new Command('graphrunner')
    .usage('[command]')
    .description('Durable workflows as graphs. Without a command it starts the server in the working directory.')
    .version(readVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: false })
    .exitOverride()
    // What is wrong is told once, in one line, by whoever runs the program.
    .configureOutput({
      writeOut: (text) => void context.terminal.stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
      getOutHelpWidth: () => context.terminal.stdout.columns ?? 100,
      getOutHasColors: () => false,
    });
  for (const add of COMMANDS) add(program, context);
  return program.addHelpText('after', epilogue());
}

function epilogue(): string {
  return [
    '',
    'Settings of the server are environment variables: "graphrunner serve --help" lists them.',
    'GRAPHRUNNER_URL and GRAPHRUNNER_API_KEY say which server the other commands ask.',
    '',
    'Exit codes:',
    ...EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`),
    '',
    'Examples:',
    '  graphrunner',
    '  graphrunner validate graphs/*.json',
    '  graphrunner run leave.json --local --input \'{ "name": "Ada", "days": 3 }\'',
  ].join('\n');
}
