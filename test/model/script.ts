import type { Json, JsonObject } from '../../src/core/base/json.js';
import type { GraphDefinition } from '../../src/core/graph/definition.js';
import type { RunError } from '../../src/core/run/events.js';

/** What a call of the scripted tool does. */
export interface Behaviour {
  readonly does:
    | 'set_a'
    | 'set_b'
    | 'add'
    | 'push'
    | 'nothing'
    | 'param'
    | 'throw'
    | 'fatal'
    | 'retryable'
    /** These two have a code, which is their name, and details. */
    | 'refuse'
    | 'complain'
    | 'number'
    | 'nan'
    | 'hang';
  readonly value: number;
  /** Done before the call returns; only from the second step of a run on, so that siblings never race. */
  readonly isSync: boolean;
  /** Ignores its signal. */
  readonly isStubborn: boolean;
  readonly logs: boolean;
}

/** A stretch of a run: from its start, or a retry, to its end. */
export interface Round {
  /** Milliseconds after which it is cancelled. */
  readonly cancelAfter: number | null;
  /** The limit that the retry gives. */
  readonly maxSteps: number | null;
  /** What the retry corrects, where that is taken: keys of `data`, and the result of the step that the run stopped at. */
  readonly data: JsonObject | null;
  readonly result: JsonObject | null;
}

/** A pause or an unpause of the run or of a run inside it. */
export interface Toggle {
  /** Milliseconds from the start of the run. */
  readonly after: number;
  readonly pauses: boolean;
  /** Which run, if it is there: the places of runs among their siblings, from the run itself down. */
  readonly path: readonly number[];
}

/** A server died. */
export interface Death {
  /** Milliseconds from the start of the run. */
  readonly at: number;
  /** The calls whose end was not stored: see {@link callAt}. */
  readonly open: readonly string[];
}

/** What a call of a run is known by. */
export function callAt(path: readonly number[], step: number, attempt: number): string {
  return `${path.join('.')}/${step}/${attempt}`;
}

/** A signal that somebody sends to the run itself. */
export interface Sent {
  /** Milliseconds from the start of the run. */
  readonly after: number;
  readonly name: string;
  /** What does not fit the schema of the waits is `misfit`. */
  readonly payload: number | 'misfit';
}

/** Everything that decides what comes of a run. */
export interface Case {
  /** The graph that is run, and those that it runs as steps. */
  readonly graphs: readonly GraphDefinition[];
  /** What the calls of a node do, in turn. */
  readonly script: Readonly<Record<string, readonly Behaviour[]>>;
  /** What the run itself is sent. Null: its waits end by signals as those of runs inside it do. */
  readonly signals: readonly Sent[] | null;
  /** Nodes whose wait for input is answered. Of runs inside the run, also those whose wait for a signal ends by one. */
  readonly answered: readonly string[];
  readonly input: Json;
  readonly maxSteps: number;
  readonly deadlineSeconds: number | null;
  readonly rounds: readonly Round[];
  readonly toggles: readonly Toggle[];
  /** Milliseconds after which the server dies, and numbers of commits that it dies before. */
  readonly restarts: readonly number[];
  readonly crashes: readonly number[];
}

/** Calls then log when they end: one that is cancelled after a crash may not be made again before. */
export function mayDie({ restarts, crashes }: Case): boolean {
  return restarts.length + crashes.length > 0;
}

/** What became of a run and of its children. Times count from the start. */
export interface Outcome {
  readonly status: string;
  readonly data: Json;
  readonly error: RunError | null;
  readonly stepCount: number;
  readonly nodes: readonly string[];
  readonly logs: readonly string[];
  readonly finishedAt: number | null;
  readonly isPaused: boolean;
  /** Signals that no step has taken, by name. */
  readonly kept: Readonly<Record<string, readonly Json[]>>;
  readonly children: readonly Outcome[];
}

/** Milliseconds between the end of a run and its retry. */
export const RETRY_GAP_MS = 777;

/** One visit, or one try of it. */
export interface Place {
  readonly node: string;
  readonly step: number;
  readonly attempt: number;
  readonly index?: number | undefined;
}

export function behaviourAt(script: Case['script'], { node, step, attempt, index = 0 }: Place): Behaviour {
  const behaviours = script[node] ?? [];
  return behaviours[(step + attempt + index) % behaviours.length]!;
}

/** Milliseconds that something takes: another time for each place, so that hardly two things happen at once. */
export function durationAt({ node, step, attempt, index = 0 }: Place): number {
  let hash = 2166136261;
  for (const character of `${node}/${step}/${attempt}/${index}`) {
    hash = Math.imul(hash ^ character.charCodeAt(0), 16777619) >>> 0;
  }
  return 1 + (((hash ^ (hash >>> 15)) >>> 0) % 2999);
}

/** What the answer to a wait is. */
export function answerAt({ node, step }: Place): Json {
  return `${node} ${step}`;
}

/** What the signal is that ends a wait of a run inside the run. */
export function signalAt({ step }: Place): number {
  return step;
}

/** What a call returns. */
export function patchOf({ does, value }: Behaviour, data: JsonObject, params: JsonObject): unknown {
  switch (does) {
    case 'set_a':
      return { a: value };
    case 'set_b':
      return { b: `b${value}` };
    case 'add':
      return { n: Number(data.n ?? 0) + value };
    case 'push':
      return { xs: [...((data.xs as Json[] | undefined) ?? []), value] };
    case 'param':
      return { param: params.value ?? null };
    case 'number':
      return value;
    case 'nan':
      return { n: Number.NaN };
    default:
      return undefined;
  }
}

/** What a tool does, if it lets go when it is told to: for servers that may die. */
export function gentle(one: Behaviour): Behaviour {
  return { ...one, isStubborn: false, does: one.does === 'hang' ? 'throw' : one.does };
}
