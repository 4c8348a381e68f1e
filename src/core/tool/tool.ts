import type { JsonObject } from '../base/json.js';

/** What a run knows: what it was started with, and what its tools have built up. Both are frozen. */
export interface ToolState {
  /** Any JSON; a tool that cares checks it. */
  // biome-ignore lint/suspicious/noExplicitAny: authors of tools know the shape of their own input.
  readonly input_data: any;
  /** The keys that earlier steps set. */
  // biome-ignore lint/suspicious/noExplicitAny: authors of tools know the shape of their own data.
  readonly data: Readonly<Record<string, any>>;
}

/** What a call of a tool gets besides the state. */
export interface ToolContext<P = JsonObject> {
  /** The node's params; parsed by the tool's schema where it has one. */
  readonly params: P;
  /** Adds a line to the run's logs. Lines appear when the attempt ends. At most 1,000 lines of 8 KiB a step. */
  readonly log: (message: string) => void;
  /** Fires on cancel, timeout, deadline and shutdown. A tool that waits should heed it. */
  readonly signal: AbortSignal;
  /** `{run_id}/{step}`: the same for every attempt of a step and after a crash, another for each visit. */
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly node: string;
  /** In a branch of a for-each: its item, and which one it is. */
  // biome-ignore lint/suspicious/noExplicitAny: authors of tools know the shape of their own items.
  readonly item?: any;
  readonly index?: number;
  /** 1 for the first try of a step. */
  readonly attempt: number;
  /** Counts tokens that a language model took and gave. Called several times, it adds up. */
  usage(tokens: { input_tokens: number; output_tokens: number }): void;
}

/** What zod schemas (version 3.24 and later), and others like them, offer for checking params. */
export interface ParamsSchema<P> {
  /** JSON Schema (2020-12) of the params, shown as it is. Without it, one is made from a zod schema. */
  readonly jsonSchema?: JsonObject;
  safeParse(
    value: unknown,
  ):
    | { success: true; data: P }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** A function that nodes call. */
export interface Tool<P = JsonObject> {
  readonly name: string;
  readonly description?: string;
  /** Checks the node's params, when the graph is made and again at each call. Without it raw params are passed. */
  readonly params?: ParamsSchema<P>;
  /** Its params may hold `${secrets.NAME}`, which becomes the secret's value before the call. */
  readonly secrets?: true;
  /**
   * Does the work and returns the patch: the keys of `data` to set (or nothing). Or parks the run: see `wait`.
   * Called at least once per step: after a crash the step in flight is called again, with the same `idempotencyKey`.
   */
  run(state: ToolState, context: ToolContext<P>): unknown;
}

/** A pure, synchronous function that names where the run goes next. */
export interface Condition {
  readonly name: string;
  readonly description?: string;
  /** Everything that `choose` can return. Without it, the graph doctor assumes that it may name any node. */
  readonly outcomes?: readonly string[];
  choose(state: ToolState): string;
}

/** A tool of any params type, as the registry holds it. */
// biome-ignore lint/suspicious/noExplicitAny: params are checked by the tool's own schema at run time.
export type AnyTool = Tool<any>;

/** Types a tool: `params` of the context follow from the schema. Returns its argument. */
export function defineTool<P = JsonObject>(tool: Tool<P>): Tool<P> {
  return tool;
}

/** Types a condition. Returns its argument. */
export function defineCondition(condition: Condition): Condition {
  return condition;
}
