import { z } from 'zod';
import type { Actor } from '../core/run/actor.js';
import type { Engine } from '../engine/engine.js';
import type { McpWire } from './wire.js';

/** What tools need to answer a call. */
export interface McpDeps {
  readonly engine: Engine;
  /** How runs, steps and graphs look: as in the REST API. */
  readonly wire: McpWire;
  /** The version of the API. */
  readonly version: string;
}

/** Who calls tools. */
export interface McpCaller {
  /** Only tools that change nothing are there. */
  readonly mayOnlyRead: boolean;
  readonly actor: Actor;
  /** Called for each run that a tool has started. */
  readonly onRunStarted?: (runId: string, actor: Actor) => void;
  /** Called with what is no error of ours. */
  readonly onFault: (error: unknown) => void;
}

/** What a call of a tool is answered from. */
export type McpSession = McpDeps & McpCaller;

/** A tool as clients see it, with what answers a call. */
export interface McpTool {
  readonly name: string;
  readonly title: string;
  /** Says all that an agent has to know: what it does, what it needs, what comes next. */
  readonly description: string;
  readonly input: z.ZodObject;
  readonly output: z.ZodObject;
  /** It changes nothing. */
  readonly isReadOnly: boolean;
  /** What it changes cannot be taken back. */
  readonly isDestructive?: boolean;
  /** Doing it twice is as good as doing it once. */
  readonly isIdempotent?: boolean;
  call(args: unknown, session: McpSession): Promise<object>;
}

interface ToolOf<I extends z.ZodObject> extends Omit<McpTool, 'input' | 'call'> {
  readonly input: I;
  call(args: z.output<I>, session: McpSession): Promise<object>;
}

/** Types a tool by its schema: `call` gets arguments that fit it. */
export function defineMcpTool<I extends z.ZodObject>(tool: ToolOf<I>): McpTool {
  return { ...tool, call: (args, session) => tool.call(args as z.output<I>, session) };
}

/** Arguments that several tools have. */
export const runIdShape = { run_id: z.string().describe('The id of the run, as start_run or list_runs told it.') };

/** How far a run is, as most tools about runs answer. */
export const runOutput = z.looseObject({ run_id: z.string(), status: z.string() });
