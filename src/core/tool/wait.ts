import { z } from 'zod';
import type { Json, JsonObject } from '../base/json.js';
import { type Metadata, metadataSchema, type RunLimitsDocument, runLimitsSchema } from '../base/run-options.js';

/** Parks the run for a time: until a moment (milliseconds since 1970). */
export interface TimerWait {
  readonly kind: 'timer';
  readonly until: number;
}

/** Parks the run until somebody answers. */
export interface InputWait {
  readonly kind: 'input';
  readonly message: string;
  /** JSON Schema that the answer must fit. */
  readonly schema?: JsonObject;
  /** When the wait expires (milliseconds since 1970). */
  readonly until?: number;
  /** The key of `data` that gets the answer. Default: the node's name. */
  readonly saveAs?: string;
}

/** Parks the run until a signal is sent to it. One that was sent before ends the wait at once. */
export interface SignalWait {
  readonly kind: 'signal';
  readonly name: string;
  /** JSON Schema that the payload must fit. */
  readonly schema?: JsonObject;
  /** When the wait expires (milliseconds since 1970). */
  readonly until?: number;
  /** The key of `data` that gets the payload. Default: the node's name. */
  readonly saveAs?: string;
}

/** Parks the run while another graph runs as this step; or starts that graph, and goes on. */
export interface GraphWait {
  readonly kind: 'graph';
  readonly graphId: string;
  /** Default: the latest. */
  readonly version?: number;
  readonly input?: Json;
  /** They replace those of the graph, one by one. */
  readonly limits?: RunLimitsDocument;
  /** Added to the metadata of the run, which the other one has too. */
  readonly metadata?: Metadata;
  /** The other run is on its own: nothing waits for it. */
  readonly isDetached?: boolean;
  /** The key of `data` that gets the other run's data, or `{ run_id }` of one that is detached. Default: the node's name. */
  readonly saveAs?: string;
}

/** What a tool can wait for. */
export type WaitRequest = TimerWait | InputWait | SignalWait | GraphWait;

const MARK = Symbol.for('graphrunner.wait');

/** What a tool returns instead of a patch to park the run after this call. */
export interface Wait {
  readonly [MARK]: WaitRequest;
}

/**
 * Parks the run after this call. The tool returns the result; it is not called again when the run goes on.
 *
 * @example
 * run: (_state, { params }) => wait({ kind: 'input', message: `Publish ${params.title}?`, saveAs: 'approval' }),
 */
export function wait(request: WaitRequest): Wait {
  return Object.freeze({ [MARK]: request });
}

/** Begins with a letter or a digit: `.` and `..` mean something else in a path. */
export const signalNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_.-]{0,99}$/,
    'must be 1 to 100 characters of a-z, 0-9, "_", "-" and ".", and begin with a letter or a digit',
  );

const key = z.string().min(1).max(200).optional();
const moment = z.number().int().min(0).max(8.64e15);
const requestSchemas = {
  timer: z.strictObject({ kind: z.literal('timer'), until: moment }),
  input: z.strictObject({
    kind: z.literal('input'),
    message: z.string().max(8192),
    schema: z.record(z.string(), z.unknown()).optional(),
    until: moment.optional(),
    saveAs: key,
  }),
  signal: z.strictObject({
    kind: z.literal('signal'),
    name: signalNameSchema,
    schema: z.record(z.string(), z.unknown()).optional(),
    until: moment.optional(),
    saveAs: key,
  }),
  graph: z.strictObject({
    kind: z.literal('graph'),
    graphId: z.string().min(1).max(200),
    version: z.int().min(1).optional(),
    input: z.unknown().optional(),
    limits: runLimitsSchema.optional(),
    metadata: metadataSchema.optional(),
    isDetached: z.boolean().optional(),
    saveAs: key,
  }),
} satisfies Record<WaitRequest['kind'], z.ZodObject>;
const { timer, input, signal, graph } = requestSchemas;
const requestSchema = z.discriminatedUnion('kind', [timer, input, signal, graph]);

/**
 * The request in what a tool returned; undefined for anything else.
 * @throws Error for a request of a wrong shape.
 */
export function waitRequestOf(value: unknown): WaitRequest | undefined {
  if (typeof value !== 'object' || value === null || !(MARK in value)) return undefined;
  const parsed = requestSchema.safeParse(value[MARK]);
  if (parsed.success) return parsed.data as WaitRequest;
  throw new Error(
    `The wait is not one: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')}`,
  );
}
