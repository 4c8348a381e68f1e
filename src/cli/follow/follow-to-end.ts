import type { Client, RunState } from '../../client/client.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { inOneLine, writeJson, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { describeAnswer } from './answer-words.js';
import { askPerson } from './ask-person.js';
import { followRun } from './follow-run.js';
import { RunProgress } from './run-progress.js';

export interface ToEndOptions {
  readonly client: Client;
  readonly terminal: Terminal;
  readonly runId: string;
  readonly json: boolean;
  /** Show the steps; else only the result. */
  readonly isWatched: boolean;
  /** The run is in this process: it ends with it, and nobody else can answer it. */
  readonly isLocal: boolean;
}

/**
 * Follows a run that was just started, until it has ended. What a local run asks is asked on the terminal; one that is
 * not watched comes back when it waits for a person.
 */
export async function followToEnd(options: ToEndOptions): Promise<ExitCode> {
  const { terminal, client, runId, isLocal, isWatched } = options;
  const signal = terminal.interrupted();
  const canAsk = isLocal && terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  const progress = new RunProgress();
  for (;;) {
    const state = isWatched ? await watchOnce(options, progress) : await waitOnce(options, signal);
    if (state === undefined) return EXIT.interrupted;
    if (state.status !== 'WAITING') return tellEnd(state, options);
    const asked = canAsk ? await askPerson(client, state, terminal, signal) : 'unanswered';
    if (asked === 'interrupted' || signal.aborted) return EXIT.interrupted;
    if (asked === 'unanswered') return tellWait(state, options);
    writeLine(terminal.stderr, `${runId} goes on`);
  }
}

/** Undefined if it was interrupted. */
async function watchOnce(options: ToEndOptions, progress: RunProgress): Promise<RunState | undefined> {
  const { client, terminal, runId, json, isLocal } = options;
  const hint = isLocal ? 'Ctrl+C ends the run.' : 'Ctrl+C stops watching; the run goes on.';
  const how = { client, terminal, runId, json, hint, stopsAtWaits: isLocal, progress };
  const result = await followRun(how);
  return result === 'interrupted' ? undefined : client.waitForRun(runId);
}

async function waitOnce({ client, runId }: ToEndOptions, signal: AbortSignal): Promise<RunState | undefined> {
  try {
    return await client.waitForRun(runId, { signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function tellEnd(state: RunState, { terminal, json, isWatched }: ToEndOptions): ExitCode {
  const { status, error, data } = state;
  if (json && !isWatched) writeJson(terminal, state);
  else if (!json && !(isWatched && terminal.stdout.isTTY === true)) {
    // The live view has told that already.
    const why = error === null ? '' : `: ${error.code}: ${inOneLine(error.message)}`;
    writeLine(terminal.stdout, `${status}${why}`);
  }
  if (!json && status === 'COMPLETED') writeJson(terminal, data);
  return status === 'COMPLETED' ? EXIT.done : EXIT.no;
}

function tellWait(state: RunState, { terminal, json, isWatched, isLocal }: ToEndOptions): ExitCode {
  if (json && !isWatched) writeJson(terminal, state);
  else if (!json && state.waiting !== null) {
    const { waiting, run_id: runId } = state;
    const [child] = waiting.children;
    const asks =
      child === undefined
        ? describeAnswer(waiting, runId)
        : describeAnswer({ kind: child.waiting_for ?? 'input' }, child.run_id);
    // With the command to answer it, which no other process can do for a run in this one.
    writeLine(terminal.stdout, `WAITING ${isLocal ? asks.replace(/: graphrunner .*$/, '') : asks}`);
  }
  return EXIT.waiting;
}
