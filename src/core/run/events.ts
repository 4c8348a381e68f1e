import type { Json, JsonObject } from '../base/json.js';
import type { NotifyTarget } from '../base/notify.js';
import type { Guards, Metadata } from '../base/run-options.js';
import type { TraceContext } from '../base/trace-context.js';
import type { Usage } from '../base/usage.js';
import type { Read } from '../expressions/reads.js';
import type { OnFull } from '../graph/definition.js';
import type { SignalRequest } from './inbox.js';
import type { WaitOutcome } from './waits.js';

/** Why a step or a run failed. */
export interface RunError {
  readonly code: string;
  readonly message: string;
  readonly node: string | null;
  readonly step: number | null;
  /** What the tool said of it, for graphs and programs. */
  readonly details?: Json;
}

/** The kinds of edge that a decision can take, with what each is. */
export const DECISION_KINDS = {
  edge: 'an edge',
  condition: 'a conditional edge with a condition function',
  case: 'a conditional edge with cases',
  parallel: 'a parallel edge',
  for_each: 'a for_each edge',
  error: '`on_error`',
} as const;

/** Why the run went where it went. `to_node` is null when the choice failed, or is up to branches. */
export interface Decision {
  readonly kind: keyof typeof DECISION_KINDS;
  readonly condition?: string;
  readonly outcome?: string | null;
  readonly to_node: string | null;
  readonly read?: readonly Read[];
}

/** What became of the branches of an edge that need not all complete. */
export interface BranchCounts {
  /** How many there are. */
  readonly count: number;
  /** How many of them were joined. */
  readonly joined: number;
  readonly failed: number;
  /** Those included that were not begun any more. */
  readonly cancelled: number;
  /** If only the first were joined: their indexes, in the order in which they ended. */
  readonly winners?: readonly number[];
}

/** Where a child run hangs: the event of the parent that started it, and which of the children it is. */
export interface ParentLink {
  readonly run_id: string;
  readonly seq: number;
  readonly index: number;
  /** A branch runs part of its parent's graph on its parent's state; a graph is another graph as a step. */
  readonly kind: 'branch' | 'graph';
  /** How many parents are above. */
  readonly depth: number;
}

/** Limits that a document names: the others are those of the graph, or none. */
export interface GivenLimits extends Guards {
  readonly max_steps?: number;
  readonly deadline_seconds?: number;
}

/** Of a run whose graph limits how many are under way at a time. */
export interface GivenConcurrency {
  /** Null: the limit is for all runs of the graph. */
  readonly key: string | null;
  readonly on_full: OnFull;
}

/** The limits at which a run can ask: all but the deadline. */
export type LimitKind = 'max_steps' | Exclude<keyof Guards, 'on_limit'>;

/** What started a run, if no request of the REST API did: a step of another run, which did not wait for it, for example. */
export interface Starter {
  readonly kind: 'run' | 'schedule' | 'hook' | 'mcp' | 'import';
  /** Omitted for `mcp`: who asked is the actor of the event. Of an import the run that this is a copy of. */
  readonly id?: string;
  /** Of an import the last event that was copied: those up to it tell of the run with that id. */
  readonly seq?: number;
}

/** What a step waits for. Times are milliseconds since 1970. */
export interface WaitStart {
  readonly kind: 'timer' | 'input' | 'signal' | 'graph';
  readonly until: number | null;
  readonly message?: string;
  /** JSON Schema of the answer, or of the payload. */
  readonly schema?: JsonObject;
  /** The name of the signal. */
  readonly signal?: string;
  readonly save_as: string;
  /** The graph that runs as this step, and its input. */
  readonly graph_id?: string;
  readonly graph_version?: number;
  readonly input_data?: Json;
  /** What the step says of that run. */
  readonly limits?: GivenLimits;
  readonly metadata?: Metadata;
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
      /** Null for a branch, which has its parent's. */
      readonly input_data: Json;
      readonly limits: GivenLimits & { readonly max_steps: number };
      readonly metadata: Metadata;
      readonly parent?: ParentLink;
      readonly started_by?: Starter;
      /** In this and the events of other requests: the name of the API key. */
      readonly by?: string;
      /** Where a branch begins, and the node before which it ends. */
      readonly entry_node?: string;
      readonly join_node?: string;
      /** Of a branch of a for_each: its item as text, which tells it from its siblings. */
      readonly name?: string;
      /** Of a child, in milliseconds since 1970: its parent's, or its own if that is earlier. */
      readonly deadline_at?: number;
      /** Of a child: the runs above it that have a limit of tokens or of cost, from which it takes; the top one first. */
      readonly budgets_of?: readonly string[];
      /** Whom it tells what becomes of it. */
      readonly notify?: readonly NotifyTarget[];
      readonly concurrency?: GivenConcurrency;
      /** What it was started in. */
      readonly trace?: TraceContext;
    }
  /** `step` and `attempt` are 1 if they are omitted. `trace`: the span in which it began, which later ones are linked to. */
  | { readonly type: 'run.started'; readonly next: string; readonly step?: number; readonly trace?: TraceContext }
  | {
      readonly type: 'step.completed';
      readonly step: number;
      readonly node: string;
      readonly attempt: number;
      readonly patch: JsonObject;
      readonly logs: readonly string[];
      readonly usage?: Usage;
      readonly decision: Decision | null;
      readonly next: string | null;
    }
  /**
   * `retry_at`: tried again then. `retry_policy`: by this one of the node's list, from 0. `decision`: there is no further
   * try, and the node's `on_error` is taken.
   */
  | {
      readonly type: 'step.failed';
      readonly step: number;
      readonly node: string;
      readonly attempt: number;
      readonly logs: readonly string[];
      readonly usage?: Usage;
      readonly error: RunError;
      readonly retry_at?: number;
      readonly retry_policy?: number;
      readonly patch?: JsonObject;
      readonly decision?: Decision;
      readonly next?: string | null;
    }
  | {
      readonly type: 'wait.started';
      readonly step: number;
      readonly node: string;
      readonly attempt: number;
      readonly logs: readonly string[];
      readonly usage?: Usage;
      readonly wait: WaitStart;
    }
  | {
      readonly type: 'wait.ended';
      readonly wait_id: string;
      readonly outcome: WaitOutcome;
      /** Also the payload of a signal. */
      readonly answer?: Json;
      /** Who answered: the name of the API key; `token` stands for an approval link. */
      readonly answered_by?: string;
    }
  /** Somebody sent a signal. It is kept until a wait for its name takes it; `wait.ended` says that. */
  | {
      readonly type: 'signal.received';
      readonly name: string;
      readonly payload: Json;
      /** Of a request with an Idempotency-Key. */
      readonly request?: SignalRequest;
      readonly by?: string;
    }
  | {
      readonly type: 'branches.started';
      readonly step: number;
      readonly node: string;
      readonly kind: 'parallel' | 'for_each';
      readonly to_nodes: readonly string[];
      readonly join_node: string;
      readonly count: number;
    }
  /**
   * `error`: branches failed, or patches could not be merged, and the edge's `on_error` is taken. `joined` and what is with
   * it: the edge has branches that need not complete, and this became of them (see {@link BranchCounts}).
   */
  | {
      readonly type: 'branches.joined';
      readonly step: number;
      readonly node: string;
      readonly count: number;
      readonly joined?: number;
      readonly failed?: number;
      readonly cancelled?: number;
      readonly winners?: readonly number[];
      readonly patch: JsonObject;
      readonly error?: RunError;
      readonly to_node: string;
      readonly next: string | null;
    }
  /** No more children can be made: those that are there are cancelled, and the run fails with this. */
  | { readonly type: 'children.refused'; readonly code: 'too_many_descendants'; readonly message: string }
  | { readonly type: 'cancel.requested'; readonly by?: string }
  /** Somebody pauses the run: the call under way ends, and nothing else begins. What it waits for goes on. */
  | { readonly type: 'pause.requested'; readonly by?: string }
  /** The run has come to rest, before this node. */
  | { readonly type: 'run.paused'; readonly node: string }
  /** The run goes on, or is paused no longer before it came to rest. */
  | { readonly type: 'run.unpaused'; readonly by?: string }
  /**
   * The run has come to a limit before this step, and waits for somebody to lift it. `limit_of`: the run above that has the
   * limit, if it is not the run's own. `used`: what that run, with all inside it, had used.
   */
  | {
      readonly type: 'limit.reached';
      readonly limit: LimitKind;
      readonly message: string;
      readonly step: number;
      readonly node: string;
      readonly limit_of?: string;
      readonly used?: Usage;
    }
  /** Somebody gave the run other limits; those that are not here stay. */
  | { readonly type: 'limits.lifted'; readonly limits: GivenLimits; readonly by?: string }
  /**
   * A server found the run unfinished after a crash and drives it on. `children_ended`: it had something to do for its
   * children, so many of which had ended by then. After `run.drained` this tells only that it goes on.
   */
  | { readonly type: 'run.recovered'; readonly children_ended?: number }
  /** The server stopped in good order before what was under way was done. Keeps a stop from counting as a crash. */
  | { readonly type: 'run.drained' }
  /** A finished run goes on from where it stopped. `parent_seq`: because its parent was retried by that event. */
  | {
      readonly type: 'run.retried';
      readonly limits?: GivenLimits;
      readonly deadline_at?: number;
      readonly parent_seq?: number;
      readonly by?: string;
      /** Keys of `data` that were set before it went on. */
      readonly data?: JsonObject;
      /** The visit does not call its tool again: this is its patch. */
      readonly result?: JsonObject;
      /** As in `run.submitted`, as it is by now. */
      readonly budgets_of?: readonly string[];
      /** The visit that it goes on with, if it had come to one. */
      readonly step?: number;
      readonly node?: string;
      readonly next?: string;
    }
  /** A retried run whose graph limits how many are under way at a time has its turn, and goes on. */
  | { readonly type: 'slot.taken' }
  /** Ends the copied prefix of a fork. */
  | {
      readonly type: 'run.forked';
      readonly forked_from: { readonly run_id: string; readonly step: number };
      readonly patch: JsonObject;
      readonly node: string;
      readonly step: number;
      readonly by?: string;
    }
  | { readonly type: 'run.completed'; readonly reason: 'end' | 'no_edge' | 'join' }
  | { readonly type: 'run.failed'; readonly error: RunError }
  /** `by`: of a request that ended the run at once. */
  | {
      readonly type: 'run.cancelled';
      readonly logs: readonly string[];
      readonly usage?: Usage;
      readonly by?: string;
    };

/** One kind of event. */
export type EventOf<T extends RunEvent['type']> = Extract<RunEvent, { type: T }>;

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

/** The payload that an event is stored as. */
export function payloadOf(event: RunEvent): string {
  const { type: _, ...payload } = event;
  return JSON.stringify(payload);
}
