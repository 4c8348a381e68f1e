import { z } from 'zod';
import type { JsonObject } from '../base/json.js';
import { graphIdSchema } from '../graph/definition.js';
import type { RunError } from '../run/events.js';
import type { StartedBy } from '../run/started-by.js';
import type { RunStatus } from '../run/state.js';
import type { WaitKind } from '../run/waits.js';

/** The version of the document that this release writes, and the only one that it reads. */
export const CAPSULE_VERSION = 1;

/** An event of a journal. */
export interface CapsuleEvent {
  readonly seq: number;
  /** RFC 3339, in UTC, with milliseconds. */
  readonly time: string;
  readonly type: string;
  /** The event without its type. */
  readonly payload: JsonObject;
}

/** A run inside another one, with its whole journal. */
export interface CapsuleRun {
  readonly run_id: string;
  readonly events: readonly CapsuleEvent[];
  readonly children: readonly CapsuleRun[];
}

/** A version of a graph that a run has used. */
export interface CapsuleGraph {
  readonly graph_id: string;
  readonly version: number;
  readonly definition: JsonObject;
}

/** What a reader wants to know of the run at a glance. All of it follows from the events. Times are RFC 3339. */
export interface RunOverview {
  readonly run_id: string;
  readonly graph_id: string;
  readonly graph_version: number;
  readonly status: RunStatus;
  readonly metadata: Readonly<Record<string, string>>;
  readonly started_by: StartedBy;
  readonly submitted_at: string;
  readonly finished_at: string | null;
  readonly current_node: string | null;
  readonly waiting_for: WaitKind | null;
  readonly error: RunError | null;
  readonly step_count: number;
  readonly data: JsonObject;
}

/** A run as one document: all that was stored of it, and of the runs inside it. */
export interface Capsule {
  readonly capsule: typeof CAPSULE_VERSION;
  /** RFC 3339. */
  readonly exported_at: string;
  /** The release of the server that made it. */
  readonly release: string;
  readonly graphs: readonly CapsuleGraph[];
  readonly run: RunOverview;
  readonly events: readonly CapsuleEvent[];
  readonly children: readonly CapsuleRun[];
  /** See {@link digestOf}. */
  readonly digest: string;
}

// Lists can hold some hundred thousand events, which are looked at in steps.
const listSchema = z.custom<readonly unknown[]>((value) => Array.isArray(value), 'Invalid input: expected array');
const objectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'Invalid input: expected object',
);

/** What a capsule has, but for what is in its lists of events. Keys that a later release adds are let through. */
export const capsuleSchema = z.looseObject({
  capsule: z.literal(CAPSULE_VERSION),
  exported_at: z.string(),
  release: z.string(),
  graphs: z
    .array(z.looseObject({ graph_id: graphIdSchema, version: z.int().min(1), definition: objectSchema }))
    .max(10_000),
  run: z.looseObject({ run_id: z.string().min(1).max(200) }),
  events: listSchema,
  children: listSchema,
  digest: z.string(),
});

/** Codes of what can be wrong with a capsule, beside those of every document. The documentation lists them; a test compares. */
export const CAPSULE_PROBLEMS = {
  unknown_version: 'The capsule has a version that this release does not read.',
  unreadable_event: 'The event is not one that this release knows, or its payload does not fit its type.',
  missing_event: 'Events are missing before this one, or a run has none.',
  duplicate_run: 'A run is there twice.',
  wrong_parent: 'The run is not one that the events of the run around it have started.',
  missing_node: 'The run is at a node that its graph does not have.',
  missing_graph: 'The graph of a run is not among the graphs of the capsule.',
  wrong_digest: 'The digest does not fit: the capsule was changed or cut after it was made.',
} as const;

export type CapsuleProblemCode = keyof typeof CAPSULE_PROBLEMS;
