import { type Refusal, refuseActive, refuseChild, refuseFinished, refuseRetry } from './requests.js';
import { isFinished, RUN_STATUSES, type RunStatus } from './state.js';

/** What can be done to many runs at once. */
export const BULK_ACTIONS = ['cancel', 'retry', 'delete', 'pause', 'unpause'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];
/** Most runs of one request. */
export const MAX_BULK_RUNS = 1000;

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
  /** Of a child: the run that it is part of. */
  readonly parentRunId: string | null;
}

/** Why an action would not be done to a run, as far as its row tells. */
export function foresee(action: BulkAction, run: Outline): Refusal | undefined {
  const isForTop = action === 'retry' || action === 'delete';
  if (isForTop && run.parentRunId !== null) return refuseChild(run.runId, run.parentRunId).refusal;
  if (statusesFor(action).includes(run.status)) return undefined;
  if (action === 'retry') return refuseRetry(run).refusal;
  if (action === 'delete') return refuseActive(run).refusal;
  return refuseFinished(run).refusal;
}
