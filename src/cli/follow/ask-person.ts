import { createInterface } from 'node:readline/promises';
import { ApiError, type Client, type RunState } from '../../client/client.js';
import { inOneLine, writeLine } from '../output.js';
import type { Terminal } from '../terminal.js';
import { messageOfRefusal } from '../with-server.js';

/**
 * Asks whoever sits at the terminal what a run asks, and answers it. What is no JSON is taken as text.
 * @returns what became of it: `unanswered` if the run does not wait for an answer, or nobody gave one (Ctrl+D)
 */
export async function askPerson(
  client: Client,
  state: RunState,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<'answered' | 'unanswered' | 'interrupted'> {
  const asking = await findQuestion(client, state);
  if (asking?.waiting == null) return 'unanswered';
  const { run_id: runId, waiting } = asking;
  const { stdin: input, stdout: output, stderr } = terminal;
  const lines = createInterface({ input, output });
  const [pressed, closed] = [new AbortController(), new AbortController()];
  // On a terminal that is read, Ctrl+C is a character. The promise of a question can outlive its terminal.
  lines.once('SIGINT', () => pressed.abort()).once('close', () => closed.abort());
  const interrupted = AbortSignal.any([signal, pressed.signal]);
  const over = AbortSignal.any([interrupted, closed.signal]);
  try {
    for (;;) {
      const question = inOneLine(waiting.message ?? `${waiting.node} asks for an answer.`);
      const text = await lines.question(`${question} `, { signal: over });
      try {
        await client.answer(runId, parse(text), { waitId: waiting.id });
        return 'answered';
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 'invalid_answer')) throw error;
        writeLine(stderr, `That does not fit: ${inOneLine(messageOfRefusal(error))}`);
      }
    }
  } catch (error) {
    if (interrupted.aborted) return 'interrupted';
    if (isAbort(error)) return 'unanswered';
    throw error;
  } finally {
    lines.close();
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** The run that waits: this one, or the first inside it. */
async function findQuestion(client: Client, state: RunState): Promise<RunState | undefined> {
  if (state.waiting?.kind === 'input') return state;
  const child = state.waiting?.children.find(({ waiting_for }) => waiting_for === 'input');
  if (child === undefined) return undefined;
  return (await client.GET('/graph/state/{run_id}', { params: { path: { run_id: child.run_id } } })).data;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
