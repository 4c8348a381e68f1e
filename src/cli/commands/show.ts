import type { components, RunState } from '../../client/client.js';
import type { AddCommand, Context } from '../context.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { describeAnswer } from '../follow/answer-words.js';
import { describeDecision } from '../follow/decision-words.js';
import { describeDuration } from '../follow/duration.js';
import { addExamples, addServerOptions, type ServerOptions } from '../options.js';
import { inOneLine, writeJson, writeLine, writeTable } from '../output.js';
import type { Terminal } from '../terminal.js';
import { withServer } from '../with-server.js';

type Step = components['schemas']['Step'];

/** `graphrunner show` */
export const addShow: AddCommand = (program, context) => {
  const command = program
    .command('show')
    .summary('show a run')
    .description('Shows a run: its status, its steps and why it went where it went, its data, and what it waits for.')
    .argument('<run_id>', 'the run')
    .action(async (runId: string, options: ServerOptions) => {
      context.exitCode = await show(runId, options, context);
    });
  addServerOptions(command);
  addExamples(command, [
    'graphrunner show 01a205f7-8f38-775c-952c-00447c059553',
    'graphrunner show 01a205f7-8f38-775c-952c-00447c059553 --json',
  ]);
};

async function show(runId: string, options: ServerOptions, { terminal }: Context): Promise<ExitCode> {
  return withServer(options, async (client, dataOf) => {
    const params = { path: { run_id: runId } };
    const state = dataOf(await client.GET('/graph/state/{run_id}', { params }));
    if (options.json === true) {
      writeJson(terminal, state);
      return EXIT.done;
    }
    const query = { limit: 200 };
    const page = dataOf(await client.GET('/graph/runs/{run_id}/steps', { params: { ...params, query } }));
    writeRun(state, page.steps, terminal);
    if (page.next_cursor !== null) writeLine(terminal.stdout, 'There are more steps.');
    return EXIT.done;
  });
}

function writeRun(state: RunState, steps: readonly Step[], terminal: Terminal): void {
  const { stdout } = terminal;
  const { run_id: runId, graph_id, graph_version, status, error, waiting, submitted_at, finished_at } = state;
  writeLine(stdout, `run        ${runId}`);
  writeLine(stdout, `graph      ${graph_id} version ${graph_version}`);
  writeLine(stdout, `status     ${status}`);
  writeLine(stdout, `submitted  ${submitted_at}`);
  if (finished_at !== null) writeLine(stdout, `finished   ${finished_at}`);
  if (error !== null) writeLine(stdout, `error      ${error.code}: ${inOneLine(error.message)}`);
  if (waiting !== null) writeLine(stdout, `waits      ${describeAnswer(waiting, runId)}`);
  for (const child of waiting?.children ?? []) {
    writeLine(stdout, `inside     waits ${describeAnswer({ kind: child.waiting_for ?? 'input' }, child.run_id)}`);
  }
  writeLine(stdout, '');
  writeTable(terminal, ['STEP', 'NODE', 'STATUS', 'TRIES', 'TOOK', 'WENT'], steps.map(rowOf));
  writeLine(stdout, '');
  writeLine(stdout, 'data');
  writeJson(terminal, state.data);
}

function rowOf({ step, node, status, attempts, started_at, finished_at, error, decision }: Step): string[] {
  const took =
    started_at === null || finished_at === null
      ? ''
      : describeDuration(Date.parse(finished_at) - Date.parse(started_at));
  const way = describeDecision(decision as Parameters<typeof describeDecision>[0], null);
  const went = error === null ? way : `${error.code}: ${inOneLine(error.message)} ${way}`;
  return [String(step), node, status, String(attempts), took, went.trimEnd()];
}
