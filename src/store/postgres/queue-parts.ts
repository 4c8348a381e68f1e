import type { Pools } from './connection.js';
import { DueClaims } from './due-claims.js';
import { Heartbeat } from './heartbeat.js';
import type { Held, HeldClaims } from './held-claims.js';
import { JobClaims, type Place } from './job-claims.js';
import { JobQueues } from './job-queues.js';
import { JobWriter } from './job-writer.js';
import { LeavingClaims } from './leaving-claims.js';
import { LineTurns } from './line-turns.js';
import type { Outage } from './outage.js';
import type { StartContext } from './participant.js';
import { countSubmitted, QueueRoom } from './queue-room.js';
import { Reconciler } from './reconciler.js';

export interface QueuePartsOptions {
  readonly held: HeldClaims;
  readonly outage: Outage;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds, as they pass. */
  readonly elapsed: () => number;
  readonly maxQueuedRuns: number;
  readonly heartbeatSeconds: number;
  readonly reconcile?: { readonly sweepMs: number; readonly patienceMs: number } | undefined;
  readonly onLost: (held: Held) => void;
  readonly onSilence: (held: Held) => void;
  readonly onReady: () => void;
  readonly onTurn: () => void;
  readonly onLeft: (held: Held, place: Place) => void;
}

/** What the queue is made of, once there is a database. */
export interface QueueParts {
  readonly pools: Pools;
  readonly jobs: JobQueues;
  readonly claims: JobClaims;
  readonly due: DueClaims;
  readonly leaving: LeavingClaims;
  readonly writer: JobWriter;
  readonly heartbeat: Heartbeat;
  readonly reconciler: Reconciler;
  readonly turns: LineTurns;
  readonly room: QueueRoom;
}

export function makeParts({ pools, schema }: StartContext, options: QueuePartsOptions): QueueParts {
  const { outage, elapsed, maxQueuedRuns, heartbeatSeconds, reconcile } = options;
  const onError = (error: unknown): void => outage.complain(error, 'the queue failed in the background');
  const onSuccess = (): void => outage.end();
  const onWarning = (warning: object): void => outage.warn(warning);
  const jobs = new JobQueues({ session: pools.readers, schema, heartbeatSeconds, onSuccess, onError, onWarning });
  const heartbeat = new Heartbeat({ ...options, jobs, session: pools.control, onError });
  const claims = new JobClaims({ ...options, jobs, pool: pools.control, readers: pools.readers });
  const turns = new LineTurns({ ...options, pool: pools.readers, jobs, onError });
  return {
    pools,
    jobs,
    claims,
    due: new DueClaims({ ...options, claims }),
    leaving: new LeavingClaims({ ...options, claims, onGone: options.onLost }),
    writer: new JobWriter({ ...options, jobs, untouched: () => heartbeat.untouched() }),
    heartbeat,
    reconciler: new Reconciler({ ...options, pool: pools.readers, schema, jobs, turns, onError, ...reconcile }),
    turns,
    room: new QueueRoom({ maxQueuedRuns, elapsed, count: (limit) => countSubmitted(pools.readers, limit) }),
  };
}
