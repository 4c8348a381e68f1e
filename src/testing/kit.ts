import { readFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Composition, compose } from '../compose.js';
import type { Json } from '../core/base/json.js';
import { type GraphDefinition, graphDefinitionSchema, type LimitsDefinition } from '../core/graph/definition.js';
import { scheduleDefinitionSchema } from '../core/schedule/definition.js';
import { createRegistry, isTool, type Registrable, type Registry } from '../core/tool/registry.js';
import type { Condition } from '../core/tool/tool.js';
import type { Engine } from '../engine/engine.js';
import { IN_MEMORY } from '../store/sqlite/open.js';
import { builtInTools } from '../tools/built-in-tools.js';
import { type Duration, millisecondsOf } from './duration.js';
import { SimulatedClock } from './simulated-clock.js';
import { conditionFor, reachesOut, type StandIn, type TestCall, toolFor } from './stand-in.js';
import { readRun, TestRun } from './test-run.js';

export { FatalError, RetryableError } from '../core/tool/tool-errors.js';
export { wait } from '../core/tool/wait.js';
export type { Duration } from './duration.js';
export { HANGS, type StandIn, type StandInAnswer, type StandInFunction, type TestCall } from './stand-in.js';
export type { TestDecision, TestRun, TestWait } from './test-run.js';

export interface TestKitOptions {
  /** What stands for tools, by their names. */
  readonly tools?: Readonly<Record<string, StandIn>>;
  /** What stands for conditions, by their names: a function, or always the same outcome. */
  readonly conditions?: Readonly<Record<string, string | Condition['choose']>>;
  /** Tools and conditions of your own, as `defineTool` and `defineCondition` make them. What stands for one keeps its schema. */
  readonly definitions?: readonly Registrable[];
  /** Values that graphs can name as `${ secrets.NAME }`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where the clock stands at first; the first moment of 2026, in UTC, if it is omitted. */
  readonly now?: Date | string;
  /** From 0 up to 1, for the jitter of retries; always 0.5 if it is omitted. */
  readonly random?: () => number;
}

export interface TestRunOptions {
  /** Null if it is omitted. */
  readonly input?: Json;
  readonly limits?: LimitsDefinition;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A graph, or the path of a file with one. */
export type TestGraph = object | string | URL;

/** Runs graphs in this process, on a database in memory, by a clock that only the test moves. */
export interface TestKit {
  /** What the server does for its API: schedules, forks, lists. Use {@link settle} after what starts runs or has them go on. */
  readonly engine: Engine;
  /** The time of the kit. */
  now(): Date;
  /**
   * Saves a graph, which runs and the tool run_graph can then name.
   * @returns its id
   * @throws Error that lists what is wrong with it
   */
  addGraph(graph: TestGraph): Promise<string>;
  /**
   * Saves a schedule, as `POST /schedules` takes it. It starts runs when the clock comes to its times.
   * @returns its id
   * @throws ZodError, or EngineError `graph_not_found` and others
   */
  addSchedule(schedule: object): Promise<string>;
  /**
   * Starts a run of a graph; resolves when it has ended, or waits for something.
   * @throws Error that lists what is wrong with the graph, or EngineError `invalid_input`
   */
  run(graph: TestGraph, options?: TestRunOptions): Promise<TestRun>;
  /** A run that something else has started: a schedule, a step. @throws EngineError `run_not_found` */
  find(runId: string): Promise<TestRun>;
  /** Moves the clock, from one moment at which something is due to the next. Resolves when all runs have come to rest. */
  advance(duration: Duration): Promise<void>;
  /** Resolves when all runs have come to rest. */
  settle(): Promise<void>;
  /** Lets go of everything. Nothing works from here on. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server's defaults. */
const LIMITS = { maxConcurrentRuns: 100, maxQueuedRuns: 10_000, maxDescendants: 100_000, stepTimeoutMs: 600_000 };

/**
 * Makes a test kit. Tools that reach out of the process (`http_request`, `llm_chat`, those of MCP servers) need something
 * that stands for them, as do your own that are not in `definitions`.
 * @example
 * const kit = await createTestKit({ tools: { charge: async ({ input_data }) => ({ charged: input_data.amount }) } });
 * const run = await kit.run('order.json', { input: { amount: 3 } });
 * await run.answer(true);
 * await kit.advance('2 days');
 * await kit.close();
 * @throws Error for a tool or a condition that cannot be registered
 */
export async function createTestKit(options: TestKitOptions = {}): Promise<TestKit> {
  const kit = new Kit(options);
  await kit.open();
  return kit;
}

class Kit implements TestKit {
  readonly calls: TestCall[] = [];
  readonly #clock: SimulatedClock;
  readonly #registry: Registry;
  readonly #runs = new Map<string, TestRun>();
  /** Ids of saved graphs, by their text; and of those, by their names. */
  readonly #graphs = new Map<string, string>();
  readonly #named = new Map<string, string>();
  #parts: Composition | undefined;
  /** Runs that something was stored of since they were last read. */
  readonly #changed = new Set<string>();
  #hanging = 0;
  #failure: unknown;
  #wake: () => void = () => undefined;

  constructor(private readonly options: TestKitOptions) {
    const { now = '2026-01-01T00:00:00Z' } = options;
    const startsAt = new Date(now).getTime();
    if (Number.isNaN(startsAt)) throw new RangeError(`${JSON.stringify(now)} is no time.`);
    this.#clock = new SimulatedClock(startsAt, () => this.#wake());
    this.#registry = this.#register(options);
  }

  async open(): Promise<void> {
    const fail = (_details: unknown, message?: string): void => {
      this.#failure ??= new Error(message, { cause: _details });
      this.#wake();
    };
    const { secrets = {}, random = () => 0.5 } = this.options;
    this.#parts = await compose({
      ...LIMITS,
      databaseUrl: IN_MEMORY,
      registry: this.#registry,
      logger: { info: () => undefined, warn: () => undefined, error: fail as never },
      now: this.#clock.now,
      timers: this.#clock,
      random,
      secrets,
      // Callbacks do not leave the process.
      post: async () => ({ status: 200, retryAfterSeconds: undefined }),
      onCommit: (units) => {
        for (const { appends } of units) for (const { state } of appends) this.#changed.add(state.runId);
      },
      onLeft: () => this.#wake(),
      onFatal: (error) => fail(error, 'The database in memory failed.'),
    });
    await this.#parts.open();
    this.#parts.start();
    await this.settle();
  }

  get engine(): Engine {
    return this.#open().engine;
  }

  now(): Date {
    return new Date(this.#clock.now());
  }

  async addGraph(graph: TestGraph): Promise<string> {
    const document = await documentOf(graph);
    const text = JSON.stringify(document);
    const known = this.#graphs.get(text);
    if (known !== undefined) return known;
    const { name, graph_id: given = this.#named.get(name) } = await this.#check(document);
    const { graphId } = await this.engine.saveGraph({ ...document, graph_id: given });
    this.#graphs.set(text, graphId);
    this.#named.set(name, graphId);
    return graphId;
  }

  async addSchedule(schedule: object): Promise<string> {
    const { scheduleId } = await this.engine.createSchedule(scheduleDefinitionSchema.parse(schedule));
    await this.settle();
    return scheduleId;
  }

  async run(graph: TestGraph, { input = null, ...options }: TestRunOptions = {}): Promise<TestRun> {
    const graphId = await this.addGraph(graph);
    const { runId } = await this.engine.startRun({ graphId, inputData: input, ...options });
    await this.settle();
    return this.find(runId);
  }

  async find(runId: string): Promise<TestRun> {
    const known = this.#runs.get(runId);
    if (known !== undefined) return known;
    const run = new TestRun(runId, this, await readRun(this, runId));
    this.#runs.set(runId, run);
    return run;
  }

  async advance(duration: Duration): Promise<void> {
    const until = this.#clock.now() + millisecondsOf(duration);
    await this.#rest();
    for (let at = this.#clock.nextAt(); at <= until; at = this.#clock.nextAt()) {
      this.#clock.moveTo(at);
      await this.#rest();
    }
    this.#clock.moveTo(until);
    await this.settle();
  }

  async settle(): Promise<void> {
    await this.#rest();
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const runId of changed) await this.#runs.get(runId)?.refresh();
  }

  async act(work: () => Promise<unknown>): Promise<void> {
    await work();
    await this.settle();
  }

  async close(): Promise<void> {
    const parts = this.#parts;
    this.#parts = undefined;
    await parts?.drain(0);
    await parts?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): Composition {
    if (this.#parts === undefined) throw new Error('The test kit is closed.');
    return this.#parts;
  }

  /** Resolves when nothing is due and no run is driven, but by tools that hang. */
  async #rest(): Promise<void> {
    const { queue, driving } = this.#open();
    for (;;) {
      await this.#clock.ringDue();
      const changed = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      // What follows from a commit without waiting for anything is done in this turn.
      await nextTurn();
      const depth = await queue.depth();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#clock.hasDue()) continue;
      if (depth === 0 && driving() <= this.#hanging) return;
      await changed;
    }
  }

  #register({ tools = {}, conditions = {}, definitions = [] }: TestKitOptions): Registry {
    const builtIn = builtInTools({ now: this.#clock.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' });
    const real = createRegistry([...builtIn, ...definitions]);
    const observer = {
      called: (call: TestCall) => void this.calls.push(call),
      hangs: (change: 1 | -1) => {
        this.#hanging += change;
        this.#wake();
      },
    };
    return createRegistry([
      ...[...builtIn, ...definitions].filter((each) => !Object.hasOwn(isTool(each) ? tools : conditions, each.name)),
      ...Object.entries(tools).map(([name, standIn]) => toolFor(name, standIn, real.tools.get(name), observer)),
      ...Object.entries(conditions).map(([name, standIn]) => conditionFor(name, standIn, real.conditions.get(name))),
    ]);
  }

  #leaves(tool: string): boolean {
    return reachesOut(tool) && !Object.hasOwn(this.options.tools ?? {}, tool);
  }

  /** @throws Error that lists what is wrong with a graph */
  async #check(document: object): Promise<GraphDefinition> {
    const { errors } = await this.engine.validateGraph(document);
    const { data: definition } = graphDefinitionSchema.safeParse(document);
    const wrong = errors.map(({ pointer, code, message, hint = '' }) => {
      const tool = definition?.nodes[Number(/^\/nodes\/(\d+)\//.exec(pointer)?.[1])]?.tool_name;
      const advice = code === 'unknown_tool' && tool !== undefined ? adviceFor(tool) : '';
      return [`${pointer}:`, message, hint, advice].filter((words) => words !== '').join(' ');
    });
    for (const [index, { tool_name: tool }] of definition?.nodes.entries() ?? []) {
      if (this.#registry.tools.has(tool) && this.#leaves(tool)) {
        wrong.push(`/nodes/${index}/tool_name: "${tool}" would leave the test. ${adviceFor(tool)}`);
      }
    }
    if (definition !== undefined && wrong.length === 0) return definition;
    throw new Error(`The graph cannot be run:\n${wrong.join('\n')}`);
  }
}

function adviceFor(tool: string): string {
  const name = /^\w+$/.test(tool) ? tool : JSON.stringify(tool);
  return `Say what stands for it: createTestKit({ tools: { ${name}: ... } }).`;
}

async function documentOf(graph: TestGraph): Promise<object> {
  if (typeof graph === 'object' && !(graph instanceof URL)) return graph;
  const text = await readFile(graph, 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${graph} is no JSON.`, { cause: error });
  }
}
