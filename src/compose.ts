import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { isPostgresUrl } from './core/base/postgres-url.js';
import type { InSlices } from './core/base/steps.js';
import type { ExampleGraph } from './core/graph/example.js';
import type { Registry } from './core/tool/registry.js';
import type { ToolLimit } from './core/tool/tool-limits.js';
import { ANSWER_KEY_NAME, AnswerTokens } from './engine/answer-tokens.js';
import { WorkerPool, type WorkerPoolOptions } from './engine/backtest/worker-pool.js';
import type { DiagramDeps } from './engine/diagrams.js';
import { createEngine, type Engine } from './engine/engine.js';
import { Executor, type ExecutorOptions } from './executor/executor.js';
import { ToolLimits } from './executor/tool-limits.js';
import { withPostgresPackages } from './optional-packages.js';
import { GraphCache } from './runs/graph-cache.js';
import { LinePages } from './runs/line-pages.js';
import { runIds } from './runs/run-ids.js';
import { RunLoader } from './runs/run-loader.js';
import { RunOutput } from './runs/run-output.js';
import { Turns } from './runs/turns.js';
import { Scheduler } from './scheduler/scheduler.js';
import { Sender, type SenderOptions } from './sender/sender.js';
import type { Ports, PortsOptions, SharingOptions } from './store/ports.js';
import type { RunQueue } from './store/queue.js';
import type { Signals } from './store/signals.js';
import { IN_MEMORY, openSqlite } from './store/sqlite/open.js';
import type { CommitObserver, Store } from './store/store.js';
import { callbackPoster } from './tools/http/post-callback.js';
import { readVersion } from './version.js';

export interface ComposeOptions
  extends Pick<
      ExecutorOptions,
      'maxConcurrentRuns' | 'maxDescendants' | 'stepTimeoutMs' | 'secrets' | 'onStep' | 'onLeft' | 'tracer'
    >,
    Pick<PortsOptions, 'onFatal' | 'onCommit' | 'maxQueuedRuns' | 'timers'>,
    Pick<SenderOptions, 'timeoutMs'> {
  /** A path, a `file:` URL, or a `postgres://` URL; or a database in memory, for tests, which is gone when it is closed. */
  readonly databaseUrl: string | typeof IN_MEMORY;
  readonly registry: Registry;
  /** Graphs to start from; none if they are omitted. */
  readonly examples?: readonly ExampleGraph[];
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** How many calls of some tools can be at work, by the names of the tools. */
  readonly toolLimits?: Iterable<ToolLimit>;
  /** What people reach the server by. With it there are approval links. */
  readonly publicUrl?: string | undefined;
  /** What callbacks can reach beside the public internet; nothing if it is omitted. */
  readonly httpAllow?: readonly string[];
  /** Sends callbacks; over HTTP if it is omitted. */
  readonly post?: SenderOptions['post'] | undefined;
  /** Called after each try of a callback. */
  readonly onCallback?: SenderOptions['onTried'];
  /** Hooks can take what nobody has signed; they cannot if it is omitted. */
  readonly allowsUnsignedHooks?: boolean;
  /** Starts a thread for large pictures, which are laid out in this one if it is omitted. */
  readonly startLayouts?: DiagramDeps['startLayouts'];
  /** Starts threads for backtests, which are done in this one if it is omitted. */
  readonly startWorker?: WorkerPoolOptions['start'];
  /** How many of them there are at most. */
  readonly maxWorkers?: number;
  /** On a database that others share. */
  readonly sharing?: Partial<Omit<SharingOptions, 'abilities'>>;
  /** Milliseconds since 1970; the system's clock if it is omitted. A database that others share has its own. */
  readonly now?: () => number;
  /** From 0 up to 1; `Math.random` if it is omitted. */
  readonly random?: () => number;
}

/** An engine with its parts. */
export interface Composition {
  readonly engine: Engine;
  readonly store: Store;
  readonly queue: RunQueue;
  readonly signals: Signals;
  /** Undefined if this process has the database alone. */
  readonly sharingFigures: Ports['sharingFigures'];
  /** The clock that everything goes by: milliseconds since 1970. */
  readonly now: () => number;
  /** Does work on large documents. */
  readonly inSlices: InSlices;
  /** How many runs are driven at the moment. */
  driving(): number;
  /** True if the database has never had a graph. */
  readonly isNew: boolean;
  /** Finds out which runs are due. To be awaited before requests are let in. */
  open(): Promise<void>;
  /** Begins to drive the runs that are due, and to start those of schedules. */
  start(): void;
  /**
   * Lets no new runs in, answers the requests that wait, and lets the steps under way finish.
   * @param graceMs milliseconds after which they are cut off
   */
  drain(graceMs: number): Promise<void>;
  /** Closes the database. Nothing works from here on. */
  close(): Promise<void>;
}

/**
 * Wires an engine: the ports on one database, what loads runs, the executor that drives them, and the use-cases.
 * @example
 * const { engine, open, start } = await compose({ databaseUrl: 'workflow.db', registry: createRegistry(tools), ... });
 * await open();
 * start();
 * const { runId } = await engine.startRun({ graphId: 'demo-review', inputData: 'x = 1' });
 * @throws OpenDatabaseError when the file cannot be used
 */
export async function compose({
  databaseUrl,
  registry,
  now: clock = Date.now,
  random = Math.random,
  ...options
}: ComposeOptions): Promise<Composition> {
  const { logger, onFatal, onCommit, maxQueuedRuns, maxDescendants, secrets, sharing, timers } = options;
  const committed: CommitObserver = (units, tookMs) => {
    runs.committed(units);
    lines.committed(units);
    sender.committed(units);
    onCommit?.(units, tookMs);
  };
  const whenAlone = { logger, onFatal, onCommit: committed, now: clock, maxQueuedRuns, timers };
  const opened = openPorts(databaseUrl, whenAlone, {
    ...SHARING,
    ...sharing,
    abilities: () => [...registry.tools.keys(), ...registry.conditions.keys()],
  });
  const ports = opened instanceof Promise ? await opened : opened;
  const { store, queue, signals, peers, now, isNew, newestRunId } = ports;
  const turns = new Turns();
  const graphs = new GraphCache(store, registry, signals, turns);
  const runs = new RunLoader(store, graphs, turns, logger);
  const lines = new LinePages(store, turns);
  const output = new RunOutput({ signals, now });
  const newId = runIds(now, newestRunId);
  const inside = { store, queue, signals, peers, graphs, runs, lines, turns, output, now, newId, logger };
  const toolLimits = new ToolLimits(options.toolLimits ?? []);
  const executor = new Executor({ ...options, ...inside, toolLimits, random });
  const sender = makeSender(options, { store, queue, now, random });
  const engine = createEngine({
    ...inside,
    currentTrace: options.tracer?.current,
    onDeliveryDue: () => sender.notice(),
    registry,
    examples: options.examples ?? [],
    maxDescendants,
    secrets,
    release: readVersion(),
    allowsUnsigned: options.allowsUnsignedHooks ?? false,
    secretNames: new Set(Object.keys(secrets)),
    ...threadsOf(options, logger),
    answerTokens: options.publicUrl === undefined ? undefined : await makeAnswerTokens(store),
  });
  const scheduler = new Scheduler({ ...inside, timers, startRun: (request) => engine.startRun(request) });
  return {
    engine,
    store,
    queue,
    signals,
    sharingFigures: ports.sharingFigures,
    now,
    inSlices: turns.inSlices,
    driving: () => executor.driving(),
    isNew,
    open: () => queue.open(),
    start() {
      executor.start();
      scheduler.start();
      sender.start();
    },
    async drain(graceMs) {
      const idle = scheduler.stop();
      engine.stop();
      await Promise.all([executor.drain(graceMs), sender.drain(graceMs), idle]);
      await queue.close();
    },
    close: () => ports.close(),
  };
}

type ThreadOptions = Pick<ComposeOptions, 'startLayouts' | 'startWorker' | 'maxWorkers'>;

/** What works beside this thread. */
function threadsOf(
  { startLayouts, startWorker: start, maxWorkers: width = 1 }: ThreadOptions,
  logger: ComposeOptions['logger'],
) {
  return { startLayouts, workers: new WorkerPool({ start, width, logger }) };
}

function makeSender(
  options: Omit<ComposeOptions, 'databaseUrl' | 'registry'>,
  { store, queue, now, random }: Pick<Ports, 'store' | 'queue' | 'now'> & { readonly random: () => number },
): Sender {
  return new Sender({
    ...options,
    deliveries: store.deliveries,
    post: options.post ?? callbackPoster({ allow: options.httpAllow ?? [], now }),
    isShared: queue.isShared,
    now,
    random,
    onTried: options.onCallback,
  });
}

/** The first server on a database makes the key. */
async function makeAnswerTokens(store: Store): Promise<AnswerTokens> {
  const fresh = randomBytes(32).toString('base64url');
  return new AnswerTokens(await store.obtainKey(ANSWER_KEY_NAME, fresh));
}

/** As `.env.example` has them. */
const SHARING: Omit<SharingOptions, 'abilities'> = {
  databaseListenUrl: undefined,
  heartbeatSeconds: 10,
  takesRuns: true,
};

/** Whoever has a file needs no driver of a server. */
function openPorts(
  databaseUrl: ComposeOptions['databaseUrl'],
  options: PortsOptions,
  sharing: SharingOptions,
): Ports | Promise<Ports> {
  if (databaseUrl === IN_MEMORY || !isPostgresUrl(databaseUrl)) return openSqlite({ ...options, path: databaseUrl });
  return withPostgresPackages(() => import('./store/postgres/open.js')).then(({ openPostgres }) =>
    openPostgres({ ...options, ...sharing, url: databaseUrl }),
  );
}
