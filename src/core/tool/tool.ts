import type { Json, JsonObject } from '../base/json.js';
import type { TraceContext } from '../base/trace-context.js';

/** The state of a run: what it was started with, and what its tools have built up. Both are frozen. */
export interface ToolState {
  /** Any JSON. A tool that needs a certain shape checks it. */
  // biome-ignore lint/suspicious/noExplicitAny: authors of tools know the shape of their own input.
  readonly input_data: any;
  /** The keys that earlier steps set, merged. */
  // biome-ignore lint/suspicious/noExplicitAny: authors of tools know the shape of their own data.
  readonly data: Readonly<Record<string, any>>;
}

/** What a tool gets at each call besides the state. */
export interface ToolContext<P = JsonObject> {
  /** The node's params, parsed by the tool's schema if it has one. */
  readonly params: P;
  /** Adds a line to the run's logs. Lines appear when the attempt ends. At most 1,000 lines of 8 KiB a step. */
  readonly log: (message: string) => void;
  /** Aborted on cancel, timeout, deadline and shutdown. Pass it to whatever the tool waits for. */
  readonly signal: AbortSignal;
  /** `{run_id}/{step}`: the same for every attempt of a step and after a crash, another for each visit. */
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly node: string;
  /** In a branch of a for-each edge: its item. */
  // biome-ignore lint/suspicious/noExplicitAny: authors of tools know the shape of their own items.
  readonly item?: any;
  /** In a branch: its place among the branches, from 0. */
  readonly index?: number;
  /** 1 for the first attempt of a step. */
  readonly attempt: number;
  /** Where the call belongs in a trace, if anything traces it: headers of W3C Trace Context for the requests of the tool. */
  readonly trace?: TraceContext;
  /**
   * Sends text or other JSON to the event streams of the run that are open, as it is now: `event: output`. Nothing of it
   * is stored, and readers that are slow miss some. Returns at once, and never throws.
   */
  emit(chunk: Json): void;
  /**
   * Counts tokens of a language model, and what a call cost in US dollars. Several calls add up. What is omitted counts as
   * none.
   */
  usage(used: { input_tokens?: number; output_tokens?: number; cost_usd?: number }): void;
}

/** A schema that checks params: a zod schema (version 3.24 or later), or anything with the same `safeParse`. */
export interface ParamsSchema<P> {
  /** JSON Schema (2020-12) of the params, shown as it is. If it is omitted, one is made from a zod schema. */
  readonly jsonSchema?: JsonObject;
  safeParse(
    value: unknown,
  ):
    | { success: true; data: P }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/**
 * The key of the names of params that are JSON Schemas, which the tool's `params` compiles in order to check them. They are
 * compiled before, a part at a time: the largest take a second. A symbol, because tools of people have keys of their own.
 */
export const SCHEMA_PARAMS: unique symbol = Symbol('names of params that are JSON Schemas');

/** The key of the name of the param that is a language model, for tools that ask one. */
export const MODEL_PARAM: unique symbol = Symbol('name of the param that is a language model');

/** Fields of a node that say how its tool is called. */
export type CallSetting = 'retry' | 'timeout_seconds';

/**
 * The key of the fields of a node that do nothing for the tool, because it only asks for a wait, and why. A symbol, because
 * tools of people have keys of their own.
 */
export const UNUSED_SETTINGS: unique symbol = Symbol('fields of a node that do nothing');

/**
 * The key that says that what a call comes to follows from its params alone: it touches nothing, so that a replay can do what
 * nobody recorded. A symbol, because tools of people have keys of their own.
 */
export const FOLLOWS_FROM_PARAMS: unique symbol = Symbol('what a call comes to follows from its params');

/** What a tool keeps of the answer of a service: the key of `data`, and what is known of the value there. */
export interface AnswerShape {
  readonly key: string;
  /** JSON Schema of the value. */
  readonly schema: JsonObject;
}

/** The key of what tells the shape of the answer that a call comes to. A symbol, because tools of people have keys of their own. */
export const ANSWER_SHAPE: unique symbol = Symbol('the shape of the answer that a call comes to');

/** A function that nodes call. */
export interface Tool<P = JsonObject> {
  readonly name: string;
  readonly description?: string;
  /** Checks the node's params when a graph is saved, and again at each call. If it is omitted, any params are passed. */
  readonly params?: ParamsSchema<P>;
  /** Its params can hold `${secrets.NAME}`, which becomes the secret's value before the call. */
  readonly secrets?: true;
  /**
   * Every code that the errors of the tool have, besides those that the server gives the error of any step; `wait_expired`,
   * `invalid_signal`, `child_failed`, `depth_exceeded` and `queue_full` too, if it asks for such waits. The graph doctor
   * warns of other codes that `on` names. If it is omitted, any code is possible.
   */
  readonly errors?: readonly string[];
  /**
   * Examples of the patches that it returns: an exploration of a graph tries each in place of a call. Give one for each way
   * that graphs can go because of it. If it is omitted, patches are guessed from what the graph reads.
   */
  readonly outcomes?: readonly JsonObject[];
  /** Of built-in tools: the shape of the answer that a call with these params comes to. */
  readonly [ANSWER_SHAPE]?: (params: P, node: string) => AnswerShape;
  /** Of built-in tools: the names of params that are JSON Schemas. */
  readonly [SCHEMA_PARAMS]?: readonly string[];
  /** Of built-in tools: the name of the param that is the language model that the tool asks. */
  readonly [MODEL_PARAM]?: string;
  /** Of built-in tools: the fields of a node that do nothing for it, and a sentence about each. */
  readonly [UNUSED_SETTINGS]?: Readonly<Partial<Record<CallSetting, string>>>;
  /** Of built-in tools: what a call comes to follows from its params. The time that a wait ends at does so but for the clock. */
  readonly [FOLLOWS_FROM_PARAMS]?: true;
  /**
   * Does the work and returns the patch: the keys of `data` to set, or nothing. Returns `wait(...)` to park the run.
   * Can be async. Called at least once per step: after a crash, the step in flight is called again with the same
   * `idempotencyKey`.
   * @throws FatalError, RetryableError or any other error: the attempt fails, and the node's `retry` and `on_error` apply.
   */
  run(state: ToolState, context: ToolContext<P>): unknown;
}

/** A pure, synchronous function that chooses where the run goes next. */
export interface Condition {
  readonly name: string;
  readonly description?: string;
  /** Everything that `choose` can return. If it is omitted, the graph doctor assumes that any node can follow. */
  readonly outcomes?: readonly string[];
  /** Returns an outcome: a key of the edge's `routes`, the name of a node, or `END`. */
  choose(state: ToolState): string;
}

/** A tool of any params type, as the registry holds it. */
// biome-ignore lint/suspicious/noExplicitAny: params are checked by the tool's own schema at run time.
export type AnyTool = Tool<any>;

/**
 * Types a tool: the type of `params` in the context follows from the schema. Returns its argument.
 *
 * @example
 * export const shout = defineTool({
 *   name: 'shout',
 *   params: z.strictObject({ text: z.string() }),
 *   run: (_state, { params }) => ({ shouted: params.text.toUpperCase() }),
 * });
 */
export function defineTool<P = JsonObject>(tool: Tool<P>): Tool<P> {
  return tool;
}

/**
 * Types a condition. Returns its argument.
 *
 * @example
 * export const isLong = defineCondition({
 *   name: 'is_long',
 *   outcomes: ['shorten', 'END'],
 *   choose: ({ data }) => (data.words > 100 ? 'shorten' : 'END'),
 * });
 */
export function defineCondition(condition: Condition): Condition {
  return condition;
}
