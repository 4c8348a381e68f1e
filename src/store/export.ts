import type { EventRecord } from '../core/run/events.js';
import type { HookDeliveryRow, HookRow } from './hooks.js';

/** A graph version as it is stored. Times are milliseconds since 1970. */
export interface ExportedGraph {
  readonly graphId: string;
  readonly version: number;
  readonly name: string;
  readonly createdAt: number;
  readonly deletedAt: number | null;
  readonly definition: string;
}

/** The row of a run as it is stored: JSON is text, times are milliseconds since 1970. */
export interface ExportedRun {
  readonly runId: string;
  readonly graphId: string;
  readonly graphVersion: number;
  readonly status: string;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly idempotencyKey: string | null;
  readonly idempotencyFingerprint: string | null;
  readonly parentRunId: string | null;
  readonly parentSeq: number | null;
  readonly childIndex: number | null;
  readonly wakeAt: number | null;
  readonly waitingFor: string | null;
  readonly metadata: string;
  readonly error: string | null;
  readonly data: string | null;
  readonly slotSeq: number | null;
  readonly descendants: number;
  /** 0 or 1. */
  readonly paused: number;
  readonly startedByKind: string | null;
  readonly startedById: string | null;
  readonly concurrencyKey: string | null;
  readonly concurrencySince: number | null;
  /** 0 or 1. */
  readonly concurrencySlot: number | null;
}

/** A schedule as it is stored. */
export interface ExportedSchedule {
  readonly scheduleId: string;
  readonly graphId: string;
  readonly seq: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly nextAt: number | null;
  readonly wakeAt: number | null;
  readonly last: string | null;
  readonly settings: string;
  readonly input: string;
}

/** How many runs of a graph can be under way at a time. */
export interface ExportedLimit {
  readonly graphId: string;
  readonly maxRuns: number;
  readonly onFull: string;
}

/** A record of a journal as it is stored. */
export interface ExportedEvent extends Pick<EventRecord, 'seq' | 'time' | 'logEnd' | 'payload'> {
  readonly runId: string;
  readonly type: string;
}

export interface ExportedSnapshot {
  readonly runId: string;
  readonly seq: number;
  readonly state: string;
}

/** The usage of all runs inside one. Null if nobody knows. */
export interface ExportedUsage {
  readonly runId: string;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  readonly costNanoUsd: number;
}

/** A key that servers have made for themselves. */
export interface ExportedKey {
  readonly name: string;
  readonly key: string;
}

export interface ExportedEntry {
  readonly runId: string;
  readonly key: string;
  readonly value: string;
}

/** A callback. */
export interface ExportedDelivery {
  readonly runId: string;
  readonly seq: number;
  readonly target: number;
  readonly status: string;
  readonly event: string;
  readonly url: string;
  readonly secret: string;
  readonly createdAt: number;
  readonly settledAt: number | null;
  readonly since: number;
  readonly tries: number;
  readonly retries: number;
  readonly attempts: string;
  readonly body: string;
}

/** A target that callbacks were stored for. */
export interface ExportedTarget {
  readonly runId: string;
  readonly target: number;
  readonly host: string;
  readonly nextAt: number | null;
  /** 0 or 1. */
  readonly isGone: number;
}

/** How much a database holds. */
export interface ExportedCounts {
  readonly graphs: number;
  readonly runs: number;
  readonly events: number;
}

/** All that a database holds, row by row, for another one. Nothing else has it open. */
export interface Export {
  counts(): ExportedCounts;
  graphs(): Iterable<ExportedGraph>;
  limits(): Iterable<ExportedLimit>;
  keys(): Iterable<ExportedKey>;
  schedules(): Iterable<ExportedSchedule>;
  hooks(): Iterable<HookRow>;
  hookDeliveries(): Iterable<HookDeliveryRow>;
  /** Rows of runs with greater ids than one, in order. */
  runs(after: string, limit: number): readonly ExportedRun[];
  /** Journals of runs, in order. */
  events(runIds: readonly string[]): Iterable<ExportedEvent>;
  snapshots(runIds: readonly string[]): Iterable<ExportedSnapshot>;
  usage(runIds: readonly string[]): Iterable<ExportedUsage>;
  metadata(runIds: readonly string[]): Iterable<ExportedEntry>;
  targets(runIds: readonly string[]): Iterable<ExportedTarget>;
  deliveries(runIds: readonly string[]): Iterable<ExportedDelivery>;
  /** Those of the runs that it has. */
  known(runIds: readonly string[]): readonly string[];
  /** Gives up what holds it. */
  close(): void;
}
