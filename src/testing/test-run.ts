import type { Json } from '../core/base/json.js';
import type { Decision } from '../core/run/events.js';
import { errorOf, type RunStatus, statusOf, type Waiting, waitOf } from '../core/run/state.js';
import type { Engine, ListedStep } from '../engine/engine.js';
import type { TestCall } from './stand-in.js';

/** Why a run went where it went. */
export interface TestDecision {
  readonly step: number;
  readonly node: string;
  readonly kind: Decision['kind'];
  /** Null if branches begin, or nothing fits. */
  readonly to: string | null;
  /** The case that was true, or the condition function. */
  readonly because: string | undefined;
  /** The values that the choice has read. */
  readonly read: NonNullable<Decision['read']>;
}

/** What a run waits for. */
export interface TestWait extends Pick<Waiting, 'kind' | 'node' | 'message' | 'schema' | 'signal'> {
  /** When it ends by itself; null for never. */
  readonly until: Date | null;
}

/** A run as it is at the moment. */
export interface RunSnapshot {
  readonly status: RunStatus;
  /** The nodes of its steps, in order: a node that was visited twice is there twice. */
  readonly path: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: authors of tests know the data of their own graphs.
  readonly data: Readonly<Record<string, any>>;
  readonly logs: readonly string[];
  readonly decisions: readonly TestDecision[];
  readonly steps: readonly ListedStep[];
  /** Why it failed. */
  readonly error: ReturnType<typeof errorOf>;
  readonly waiting: TestWait | null;
  /** Its branches, and the graphs that run as its steps, in the order in which they began. */
  readonly children: readonly TestRun[];
}

/** What a run asks of its kit. */
export interface RunContext {
  readonly engine: Engine;
  readonly calls: readonly TestCall[];
  /** The same object for the same run. */
  find(runId: string): Promise<TestRun>;
  /** Does something, and resolves when all runs have come to rest. */
  act(work: () => Promise<unknown>): Promise<void>;
}

const PAGE = 200;
const LOG_LINES = 10_000;

/** A run of a test kit. What it says is how it was when the kit last came to rest. */
export class TestRun {
  #snapshot: RunSnapshot;

  constructor(
    readonly runId: string,
    private readonly kit: RunContext,
    snapshot: RunSnapshot,
  ) {
    this.#snapshot = snapshot;
  }

  get status(): RunStatus {
    return this.#snapshot.status;
  }

  /** The nodes of its steps, in order: a node that was visited twice is there twice. */
  get path(): RunSnapshot['path'] {
    return this.#snapshot.path;
  }

  get data(): RunSnapshot['data'] {
    return this.#snapshot.data;
  }

  get logs(): RunSnapshot['logs'] {
    return this.#snapshot.logs;
  }

  /** Why it went where it went: one for each step that chose. */
  get decisions(): RunSnapshot['decisions'] {
    return this.#snapshot.decisions;
  }

  /** Its steps, with params, patches, logs and errors. */
  get steps(): RunSnapshot['steps'] {
    return this.#snapshot.steps;
  }

  /** Why it failed; null if it has not. */
  get error(): RunSnapshot['error'] {
    return this.#snapshot.error;
  }

  /** What it waits for; null if it does not. */
  get waiting(): RunSnapshot['waiting'] {
    return this.#snapshot.waiting;
  }

  /** Its branches, and the graphs that run as its steps, in the order in which they began. */
  get children(): RunSnapshot['children'] {
    return this.#snapshot.children;
  }

  /** Calls of tools that something stands for, in it and in the runs inside it, in order. */
  get calls(): readonly TestCall[] {
    const ids = new Set(familyOf(this));
    return this.kit.calls.filter(({ runId }) => ids.has(runId));
  }

  /**
   * Answers what it waits for: the input, or the limit, for which `payload` is `{ limits }`.
   * @throws EngineError `run_not_waiting`, `invalid_answer`
   */
  answer(payload: Json): Promise<void> {
    return this.kit.act(() => this.kit.engine.resumeRun(this.runId, { payload }));
  }

  /** Sends it a signal, which it takes when it waits for it. @throws EngineError `run_finished`, `invalid_answer` */
  signal(name: string, payload: Json = null): Promise<void> {
    return this.kit.act(() => this.kit.engine.sendSignal(this.runId, { name, payload }));
  }

  /** @throws EngineError `run_finished` */
  cancel(): Promise<void> {
    return this.kit.act(() => this.kit.engine.cancelRun(this.runId));
  }

  /** Has it go on after it has failed or was cancelled. @throws EngineError `run_not_retryable` */
  retry(): Promise<void> {
    return this.kit.act(() => this.kit.engine.retryRun(this.runId, {}));
  }

  /** Reads it again. Its kit does so whenever it has come to rest. */
  async refresh(): Promise<void> {
    this.#snapshot = await readRun(this.kit, this.runId);
  }
}

/** Reads a run. @throws EngineError `run_not_found` */
export async function readRun(kit: RunContext, runId: string): Promise<RunSnapshot> {
  const { state, logs } = await kit.engine.getState(runId);
  const steps = await stepsOf(kit.engine, runId);
  return {
    status: statusOf(state),
    path: steps.map(({ node }) => node),
    data: state.data,
    logs: logs.slice(0, LOG_LINES),
    decisions: steps.flatMap(decisionOf),
    steps,
    error: errorOf(state),
    waiting: shownWait(waitOf(state)),
    children: await childrenOf(kit, runId),
  };
}

async function stepsOf(engine: Engine, runId: string): Promise<readonly ListedStep[]> {
  const steps: ListedStep[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await engine.listSteps(runId, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
    steps.push(...page.steps);
    cursor = page.nextCursor;
  }
  return steps;
}

async function childrenOf(kit: RunContext, parentRunId: string): Promise<readonly TestRun[]> {
  const children: TestRun[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const filter = { parentRunId, oldestFirst: true, limit: PAGE, ...(cursor !== undefined && { cursor }) };
    const page = await kit.engine.listRuns(filter);
    for (const { runId } of page.runs) children.push(await kit.find(runId));
    cursor = page.nextCursor;
  }
  return children;
}

function decisionOf({ step, node, decision }: ListedStep): TestDecision[] {
  if (decision === null) return [];
  const { kind, to_node: to, condition: because, read = [] } = decision;
  return [{ step, node, kind, to, because, read }];
}

function shownWait(wait: Waiting | null): TestWait | null {
  if (wait === null) return null;
  const { kind, node, message, schema, signal, until } = wait;
  return {
    ...{ kind, node, message, schema },
    ...(signal !== undefined && { signal }),
    until: until === null ? null : new Date(until),
  };
}

function familyOf(run: TestRun): string[] {
  return [run.runId, ...run.children.flatMap(familyOf)];
}
