import { freezeJson, type Json, type JsonObject } from './json.js';

/** Why a step or a run failed. */
export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly node: string | null;
  readonly step: number | null;
}

/** A value that a condition looked at: scalars in full (up to 200 characters), anything else as type and size. */
export type Read =
  | { readonly path: string; readonly value: Json }
  | { readonly path: string; readonly type: 'string' | 'list' | 'object'; readonly size: number };

/** Why the run went where it went. `to_node` is null when the choice failed. */
export interface Decision {
  readonly kind: 'edge' | 'condition';
  readonly condition?: string;
  readonly outcome?: string | null;
  readonly to_node: string | null;
  readonly read?: readonly Read[];
}

/**
 * The facts of a run. They are documents (stored, and read by people with a SQL shell), so their keys are the wire's.
 * Types and fields are only ever added: journals of every release must fold.
 * `next` names the node that is executed from here on; there is no event for the start of a step.
 */
export type RunEvent =
  | {
      readonly type: 'run.submitted';
      readonly graph_id: string;
      readonly graph_version: number;
      readonly input_data: Json;
      readonly limits: { readonly max_steps: number; readonly deadline_seconds?: number };
      readonly metadata: Readonly<Record<string, string>>;
    }
  | { readonly type: 'run.started'; readonly next: string }
  | {
      readonly type: 'step.completed';
      readonly step: number;
      readonly node: string;
      readonly attempt: number;
      readonly patch: JsonObject;
      readonly logs: readonly string[];
      readonly decision: Decision | null;
      readonly next: string | null;
    }
  | {
      readonly type: 'step.failed';
      readonly step: number;
      readonly node: string;
      readonly attempt: number;
      readonly logs: readonly string[];
      readonly error: RunError;
    }
  | { readonly type: 'cancel.requested' }
  /** A server found the run unfinished after a crash and drives it on. */
  | { readonly type: 'run.recovered' }
  /** The server stopped in good order before the step in flight was done. Keeps a stop from counting as a crash. */
  | { readonly type: 'run.drained' }
  | { readonly type: 'run.completed'; readonly reason: 'end' | 'no_edge' }
  | { readonly type: 'run.failed'; readonly error: RunError }
  | { readonly type: 'run.cancelled'; readonly logs: readonly string[] };

export type EventType = RunEvent['type'];

/** An event at its place in the journal of a run. */
export interface EventRecord {
  /** 1 for the first event of a run. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event: RunEvent;
  /** The event without its type, as JSON text: what the journal stores. */
  readonly payload: string;
  /** How many log lines the run has, this event's included. */
  readonly logEnd: number;
}

/** True for the events that end a run. */
export function isTerminal(type: EventType): boolean {
  return type === 'run.completed' || type === 'run.failed' || type === 'run.cancelled';
}

/** The payload that an event is stored as. */
export function payloadOf(event: RunEvent): string {
  const { type: _, ...payload } = event;
  return JSON.stringify(payload);
}

/** Reads a stored event back, frozen. */
export function eventOf(type: string, payload: string): RunEvent {
  return freezeJson({ type, ...JSON.parse(payload) }) as RunEvent;
}
