import type { RunStatus, Waiting } from '../core/run/state.js';

export type UnfinishedStatus = Exclude<RunStatus, 'COMPLETED' | 'FAILED' | 'CANCELLED'>;

/** A run that has not finished, as a server finds it when it starts. */
export interface UnfinishedRun {
  readonly runId: string;
  readonly status: UnfinishedStatus;
  readonly waitingFor: Waiting['kind'] | null;
  readonly parentRunId: string | null;
  /** A child that has its slot. */
  readonly hasSlot: boolean;
  /** Where it stands, if its graph limits how many runs are under way at a time. */
  readonly line: LinePlace | null;
}

/** Where a run stands whose graph limits how many are under way at a time. */
export interface LinePlace {
  readonly graphId: string;
  /** Null: the line of all runs of the graph. */
  readonly key: string | null;
  /** When it last came to the line, in milliseconds since 1970. */
  readonly since: number;
  /** It has begun, or gone on since it was retried. */
  readonly hasSlot: boolean;
}
