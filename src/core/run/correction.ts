import type { EngineErrorCode, Problem } from '../base/errors.js';
import type { JsonObject } from '../base/json.js';
import { acceptPatch, MAX_PATCH_BYTES } from './patch.js';
import type { RetryPoint, RunState } from './state.js';

/** What a person changes of a run before it goes on. */
export interface Correction {
  /** Keys of `data` to set. */
  readonly data?: JsonObject | undefined;
  /** The patch of the step that the run stopped at, whose tool is then not called again. */
  readonly result?: JsonObject | undefined;
}

/** Why a correction is not taken. */
interface Fault {
  readonly code: EngineErrorCode;
  readonly message: string;
  readonly problems?: readonly Problem[];
}

/**
 * Why a run that stopped cannot be corrected so; undefined if it can.
 * @param at what a retry goes on with
 */
export function findFault(state: RunState, at: RetryPoint, { data, result }: Correction): Fault | undefined {
  const reason = (result && refuseResult(at)) ?? (data && refuseData(at, result !== undefined));
  if (reason !== undefined) return { code: 'retry_impossible', message: `Run ${state.runId} ${reason}` };
  const problems = [
    ...(data === undefined ? [] : problemsOf(state, data, '/data')),
    // Both are in `data` before the step after.
    ...(result === undefined ? [] : problemsOf({ ...state, data: { ...state.data, ...data } }, result, '/result')),
  ];
  if (problems.length === 0) return undefined;
  return { code: 'invalid_request', message: 'This is too large for the data of a run.', problems };
}

/** A result is that of a step which is in the log, and has not come to one. Whether it was called, nothing says. */
function refuseResult(at: RetryPoint): string | undefined {
  const step = `step ${at.cursor?.step} (${at.cursor?.node})`;
  switch (at.kind) {
    case 'starting':
      return 'had not begun, so there is no step that `result` could be of. Retry it without.';
    case 'calling':
      return at.announced === false ? `had not called ${step} yet. Retry it without \`result\`.` : undefined;
    case 'answered':
    case 'resolved':
      return undefined;
    case 'routing':
      return `has the result of ${step}, and only chooses its way again. Change \`data\` instead of giving a \`result\`.`;
    case 'joining':
      if (at.children.graph !== null) return undefined;
      return `goes on in the branches of ${step}, which have results of their own. Retry it without \`result\`.`;
  }
}

/** What runs inside it began with cannot be changed. */
function refuseData({ kind, cursor }: RetryPoint, hasResult: boolean): string | undefined {
  if (kind !== 'joining' || hasResult) return undefined;
  const advice = `Retry it without, or fork it from step ${cursor?.step} with \`data\`.`;
  return `goes on in the runs inside it, which do not see \`data\` that is set now. ${advice}`;
}

function problemsOf(state: RunState, patch: JsonObject, pointer: string): Problem[] {
  const accepted = acceptPatch(state, patch);
  if (accepted.code === undefined) return [];
  const tooLong = `Must not be longer than ${MAX_PATCH_BYTES} bytes as JSON.`;
  return [{ pointer, code: 'too_big', message: accepted.code === 'data_too_large' ? accepted.message : tooLong }];
}
