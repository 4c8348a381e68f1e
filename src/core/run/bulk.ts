import { type Refusal, refuse, refuseFinished } from './requests.js';
import { isFinished, RUN_STATUSES, type RunStatus } from './state.js';

/** What can be done to many runs at once. */
export const BULK_ACTIONS = ['cancel', 'retry', 'delete', 'pause', 'unpause'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** The statuses of runs that an action can be done to. */
export function statusesFor(action: BulkAction): readonly RunStatus[] {
  switch (action) {
    case 'cancel':
    case 'pause':
    case 'unpause':
      return RUN_STATUSES.filter((status) => !isFinished(status));
    case 'retry':
      return ['FAILED', 'CANCELLED'];
    case 'delete':
      return RUN_STATUSES.filter(isFinished);
  }
}

/** A run as its row tells of it. */
interface Outline {
  readonly runId: string;
  readonly status: RunStatus;
  readonly parentRunId: string | null;
}

/** Why an action would not be done to a run, as far as its row tells. */
export function foresee(action: BulkAction, run: Outline): Refusal | undefined {
  const { runId, status, parentRunId } = run;
  const isForTop = action === 'retry' || action === 'delete';
  if (isForTop && parentRunId !== null) {
    return refuse('run_is_child', `Run ${runId} is part of run ${parentRunId}; do this to the top one.`).refusal;
  }
  if (statusesFor(action).includes(status)) return undefined;
  if (action === 'retry') return refuse('run_not_retryable', `Run ${runId} is ${status}.`).refusal;
  if (action === 'delete') return refuse('run_active', `Run ${runId} has not finished.`).refusal;
  return refuseFinished(run).refusal;
}
