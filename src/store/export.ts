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
  keys(): Iterable<ExportedKey>;
  hooks(): Iterable<HookRow>;
  hookDeliveries(): Iterable<HookDeliveryRow>;
  /** Rows of runs with greater ids than one, in order. */
  runs(after: string, limit: number): readonly ExportedRun[];
  /** Journals of runs, in order. */
  events(runIds: readonly string[]): Iterable<ExportedEvent>;
  snapshots(runIds: readonly string[]): Iterable<ExportedSnapshot>;
  usage(runIds: readonly string[]): Iterable<ExportedUsage>;
  metadata(runIds: readonly string[]): Iterable<ExportedEntry>;
  /** Those of the runs that it has. */
  known(runIds: readonly string[]): readonly string[];
  /** Gives up what holds it. */
  close(): void;
}
