import type { Json, JsonObject } from '../core/base/json.js';
import type { AnyTool, Condition, ToolContext, ToolState } from '../core/tool/tool.js';
import { FatalError, RetryableError } from '../core/tool/tool-errors.js';
import type { Wait } from '../core/tool/wait.js';
import { isIdempotent } from '../tools/http/request-rules.js';

/** As the answer of a tool: it never answers, until it is told to stop. The test moves the clock past its time-out, or cancels. */
export const HANGS: unique symbol = Symbol('the tool never answers');

/** What a tool answers: the patch, or what is kept under `save_as` by those that have it; an error is thrown. */
export type StandInAnswer = Json | Wait | Error | typeof HANGS | undefined;

/** Is called as the tool is. Params have been checked by the schema of the tool that it stands for, if that is known. */
export type StandInFunction = (
  state: ToolState,
  // biome-ignore lint/suspicious/noExplicitAny: authors of tests know the params of their own graphs.
  context: ToolContext<any>,
) => unknown;

/** Stands for a tool: a function, the same answer each time, or a list with the answer of each call. */
export type StandIn = StandInFunction | StandInAnswer | readonly (StandInAnswer | StandInFunction)[];

/** A call of a tool that something stands for. */
export interface TestCall {
  readonly tool: string;
  readonly node: string;
  readonly step: number;
  readonly attempt: number;
  // biome-ignore lint/suspicious/noExplicitAny: authors of tests know the params of their own graphs.
  readonly params: any;
  readonly runId: string;
}

/** What is told of calls. */
export interface CallObserver {
  called(call: TestCall): void;
  /** A call hangs from here on, or does so no longer. */
  hangs(change: 1 | -1): void;
}

/** Tools that reach out of the process, and those of MCP servers. */
export function reachesOut(name: string): boolean {
  return name === 'http_request' || name === 'llm_chat' || name.startsWith('mcp.');
}

/**
 * A tool whose work something else does.
 * @param real the tool that it stands for, if that is known: its params are still checked
 */
export function toolFor(name: string, standIn: StandIn, real: AnyTool | undefined, observer: CallObserver): AnyTool {
  let count = 0;
  return {
    secrets: true,
    ...real,
    name,
    async run(state, context) {
      const step = Number(context.idempotencyKey.split('/').at(-1));
      const { node, attempt, params, runId } = context;
      observer.called({ tool: name, node, step, attempt, params, runId });
      count += 1;
      const answer = await answerOf(answerAt(name, standIn, count), state, context, observer);
      if (answer instanceof Error) throw answer;
      return reachesOut(name) ? kept(name, answer, context) : answer;
    },
  };
}

/** A condition that a function stands for, or always the same outcome. */
export function conditionFor(
  name: string,
  standIn: string | Condition['choose'],
  real: Condition | undefined,
): Condition {
  return { ...real, name, choose: typeof standIn === 'string' ? () => standIn : standIn };
}

function answerAt(name: string, standIn: StandIn, count: number): StandInAnswer | StandInFunction {
  if (!Array.isArray(standIn)) return standIn as StandInAnswer | StandInFunction;
  if (count <= standIn.length) return standIn[count - 1];
  throw new FatalError(`The list of "${name}" has ${standIn.length} answers, and this is call ${count}.`);
}

async function answerOf(
  answer: StandInAnswer | StandInFunction,
  state: ToolState,
  context: ToolContext,
  observer: CallObserver,
): Promise<unknown> {
  const given = typeof answer === 'function' ? await answer(state, context) : answer;
  if (given !== HANGS) return given;
  observer.hangs(1);
  try {
    return await new Promise((_, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason));
    });
  } finally {
    observer.hangs(-1);
  }
}

/** These keep what they are answered under a key, and http_request fails on some answers. */
function kept(name: string, answer: unknown, { params, node }: ToolContext): JsonObject {
  const key = typeof params.save_as === 'string' && !name.startsWith('mcp.') ? params.save_as : node;
  if (name !== 'http_request') return { [key]: answer as Json };
  const { status = 200, headers = {}, body = null } = (answer ?? {}) as JsonObject;
  refuseStatus(Number(status), { status, headers, body }, params);
  return { [key]: params.keep === 'body' ? body : { status, headers, body } };
}

/** As http_request does. */
function refuseStatus(status: number, details: JsonObject, { accept = [], method, url }: JsonObject): void {
  const accepted = accept as readonly unknown[];
  if (status < 400 || accepted.includes(status) || accepted.includes(`${Math.floor(status / 100)}xx`)) return;
  const message = `${method} ${new URL(String(url)).origin} answered ${status}`;
  const isWorthIt = status === 429 || (status >= 500 && isIdempotent(method as Parameters<typeof isIdempotent>[0]));
  if (isWorthIt) throw new RetryableError(message, { code: 'http_status', details });
  throw new FatalError(message, { code: 'http_status', details });
}
