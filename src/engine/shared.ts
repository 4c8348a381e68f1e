import { definedOnly } from '../core/base/defined-only.js';
import { EngineError } from '../core/base/errors.js';
import { copyJson, copyLargeJson, isLarge, type Json, NotJsonError } from '../core/base/json.js';
import type { TraceContext } from '../core/base/trace-context.js';
import type { Refusal } from '../core/run/requests.js';
import type { RunState } from '../core/run/state.js';
import type { GraphCache } from '../runs/graph-cache.js';
import type { LinePages } from '../runs/line-pages.js';
import type { RunLoader } from '../runs/run-loader.js';
import type { Turns } from '../runs/turns.js';
import {
  OutcomeUnknownError,
  StoreUnavailableError,
  UnreadableGraphError,
  UnreadableRunError,
  UnreadableScheduleError,
} from '../store/errors.js';
import type { Signals } from '../store/signals.js';
import type { Idempotency, Store, Unit } from '../store/store.js';
import type { Admission } from './admission.js';
import type { LargeReadOptions, LargeReads } from './large-reads.js';

/** A page of a list: at most `limit` items, after the one that `cursor` names. */
export interface Page {
  readonly limit: number;
  readonly cursor?: string;
}

/** Seconds after which a client may try again while the database cannot be used. */
const STORE_RETRY_SECONDS = 5;

/**
 * Use-cases of which each says `store_unavailable` while the database cannot be used, and `run_unreadable`,
 * `graph_unreadable` or `schedule_unreadable` for what cannot be read in it: the one place that turns the store's failures into answers.
 */
export function guardAll<T extends object>(useCases: T): T {
  const guarded = Object.entries(useCases).map(([name, useCase]: [string, unknown]) => [name, guardOne(useCase)]);
  return Object.fromEntries(guarded) as T;
}

function guardOne(useCase: unknown): unknown {
  if (typeof useCase !== 'function') return useCase;
  return (...given: unknown[]): unknown => {
    const result: unknown = useCase(...given);
    return result instanceof Promise ? result.catch(rethrow) : result;
  };
}

function rethrow(error: unknown): never {
  throw toEngineError(error);
}

/**
 * The error that a use-case answers with.
 * @throws what is no error of the engine or the store
 */
export function toEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof UnreadableRunError) return runUnreadable(error);
  if (error instanceof UnreadableGraphError) return graphUnreadable(error);
  if (error instanceof UnreadableScheduleError) return scheduleUnreadable(error);
  if (!(error instanceof StoreUnavailableError)) throw error;
  const detail =
    error instanceof OutcomeUnknownError
      ? 'The database failed while it stored this: it is not known whether it did. Look before you send it again.'
      : 'The database cannot be used at the moment; nothing was changed.';
  return new EngineError('store_unavailable', detail, { retryAfterSeconds: STORE_RETRY_SECONDS, cause: error });
}

function runUnreadable(cause: UnreadableRunError): EngineError {
  const advice = 'Cancel and delete the run, restore a backup, or use the release that wrote it.';
  return new EngineError('run_unreadable', `${cause.message} ${advice}`, { cause });
}

function graphUnreadable(cause: UnreadableGraphError): EngineError {
  const advice = 'Save a new version of the graph, or restore a backup. Runs of this version can be cancelled.';
  return new EngineError('graph_unreadable', `${cause.message} ${advice}`, { cause });
}

function scheduleUnreadable(cause: UnreadableScheduleError): EngineError {
  const advice = 'Replace the schedule, or delete it.';
  return new EngineError('schedule_unreadable', `${cause.message} ${advice}`, { cause });
}

/**
 * Copies a value of a request, frozen; a large one in slices.
 * @param pointer where it stands in the request
 * @throws EngineError `invalid_request` if it is not JSON
 */
export async function jsonOf({ turns }: Pick<RunDeps, 'turns'>, value: unknown, pointer: string): Promise<Json> {
  try {
    return isLarge(value) ? await turns.inSlices(copyLargeJson(value)) : copyJson(value);
  } catch (error) {
    if (!(error instanceof NotJsonError)) throw error;
    const problem = { pointer: pointer + error.pointer, code: 'invalid_value', message: `${error.reason}.` };
    throw new EngineError('invalid_request', `This is not JSON: ${pointer}: ${error.message}.`, { errors: [problem] });
  }
}

/** What the use-cases of runs need. */
export interface RunDeps {
  readonly store: Store;
  readonly signals: Signals;
  readonly graphs: GraphCache;
  readonly runs: RunLoader;
  readonly lines: LinePages;
  readonly turns: Turns;
  readonly admission: Admission;
  readonly reads: LargeReads;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new UUIDv7. */
  readonly newId: () => string;
  /** What the code that asks is a part of, if anything traces it. */
  readonly currentTrace?: (() => TraceContext | undefined) | undefined;
}

/** Stores a unit. */
export type Commit = (unit: Unit) => Promise<void>;

/** The error for a run that is not there. */
export function runNotFound(runId: string): EngineError {
  return new EngineError('run_not_found', `Run ID not found. No run has the id "${runId.slice(0, 200)}".`);
}

/** The answer to a key that was used before. @throws EngineError `idempotency_mismatch` for another request. */
export function replay(
  owner: { runId: string; fingerprint: string },
  idempotency: Idempotency | undefined,
): { runId: string; replayed: boolean } {
  if (owner.fingerprint === idempotency?.fingerprint) return { runId: owner.runId, replayed: true };
  const detail = `The Idempotency-Key started run ${owner.runId} with another body. Use a new key for a new request.`;
  throw new EngineError('idempotency_mismatch', detail);
}

/** Events of which a journal is measured: longer ones count as these do. */
const MAX_MEASURED_EVENTS = 10_000;

/** About how many bytes the journal of a run has, without reading it. */
export function measureJournal({ store }: Pick<RunDeps, 'store'>, runId: string): Promise<number> {
  return store.measureEvents(runId, 0, MAX_MEASURED_EVENTS);
}

/** The state of a run. @throws EngineError `run_not_found`. */
export async function loadRun({ runs }: Pick<RunDeps, 'runs'>, runId: string): Promise<RunState> {
  const state = await runs.load(runId);
  if (state === undefined) throw runNotFound(runId);
  return state;
}

/**
 * Does work that loads a run: in its turn if much is to be read for it.
 * @throws EngineError `server_busy`.
 */
export async function inTurnToLoad<T>(
  { runs, reads }: Pick<RunDeps, 'runs' | 'reads'>,
  runId: string,
  work: () => Promise<T>,
  options?: LargeReadOptions,
): Promise<T> {
  if (runs.isAtHand(runId)) return work();
  return reads.inTurn(runId, await runs.measure(runId), work, options);
}

/** The error for a request that is refused. */
export function refusalError({ code, message, problems }: Refusal): EngineError {
  return new EngineError(code, message, definedOnly({ errors: problems }));
}
