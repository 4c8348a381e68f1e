import type { StartedByFilter } from '../core/run/started-by.js';
import type { RunStatus, Waiting } from '../core/run/state.js';

/** Which runs to list: all that are given must fit. Newest first, unless it says otherwise. */
export interface RunFilter {
  readonly statuses?: readonly RunStatus[];
  readonly graphId?: string;
  /** Children of this run, instead of top-level runs. */
  readonly parentRunId?: string;
  /** Only runs that wait for this; children too, whatever their parent. */
  readonly waitingFor?: Waiting['kind'];
  readonly metadata?: Readonly<Record<string, string>>;
  /** Only runs that this has started. */
  readonly startedBy?: StartedByFilter;
  /** Only runs that failed with this error. */
  readonly errorCode?: string;
  /** Only runs that are at this node, or that failed or were cancelled there. */
  readonly currentNode?: string;
  /** Only runs that are paused, or only those that are not. */
  readonly paused?: boolean;
  /** Only runs with this text in their id, the id of their graph, a value of their metadata, or their error. See `foldCase`. */
  readonly search?: string;
  /** Milliseconds since 1970; later ones only. */
  readonly submittedAfter?: number;
  /** Milliseconds since 1970; earlier ones only. */
  readonly submittedBefore?: number;
  /** The oldest run comes first. */
  readonly oldestFirst?: boolean;
  /** Only runs listed after this one. */
  readonly after?: string;
  /** Only runs listed before this one, and itself. */
  readonly downTo?: string;
  readonly limit: number;
}
