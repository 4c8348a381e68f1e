import { freezeJson } from '../core/base/json.js';
import { toDollars, type Usage } from '../core/base/usage.js';
import type { RunError } from '../core/run/events.js';
import type { ChildResult } from '../core/run/join.js';
import type { RunStatus } from '../core/run/state.js';
import { readData } from '../core/run/stored-row.js';

/** How children end that have not completed. */
export const LOST = ['FAILED', 'CANCELLED'] as const;

/** Rows of children by index, at most `limit`. */
export function firstByIndex<T extends { readonly index: number | null }>(rows: readonly T[], limit: number) {
  return rows
    .map((row) => ({ ...row, index: row.index ?? 0 }))
    .sort((one, other) => one.index - other.index)
    .slice(0, limit);
}

/** The row of a child, as far as it says what became of it. */
interface EndedChild {
  readonly index: number | null;
  readonly runId: string;
  readonly status: RunStatus;
  readonly finishedAt: number | null;
  readonly data: string | null;
  readonly error: RunError | null;
}

const LOST_DATA = { code: 'run_unreadable', message: 'What is stored of its data cannot be read.' };

/** What became of a child. */
export function childResultOf({ index, data: stored, error, finishedAt, ...child }: EndedChild): ChildResult {
  const ended = { ...child, index: index ?? 0, finishedAt: finishedAt ?? 0 };
  const data = readData(stored ?? '{}');
  if (data === undefined) return { ...ended, status: 'FAILED', data: {}, error: LOST_DATA };
  const told = error && { code: error.code, message: error.message, node: error.node };
  return { ...ended, data: freezeJson(data), error: told };
}

/** The stored usage of all runs inside a run; null if a part of it is not known. */
export function toUsage({
  inputTokens,
  outputTokens,
  costNanoUsd,
}: {
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costNanoUsd: number;
}): Usage | null {
  if (inputTokens === null || outputTokens === null) return null;
  const tokens = { input_tokens: inputTokens, output_tokens: outputTokens };
  return costNanoUsd === 0 ? tokens : { ...tokens, cost_usd: toDollars(costNanoUsd) };
}
