import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { type Composition, compose } from './compose.js';
import { type Config, readConfig } from './config.js';
import { EngineError } from './core/base/errors.js';
import { didYouMean } from './core/base/nearest-name.js';
import { createRegistry, type Registrable, type Registry } from './core/tool/registry.js';
import { demoDefinitions } from './demo/definitions.js';
import { demoExamples } from './demo/examples/all-examples.js';
import { codeReviewGraph } from './demo/graph.js';
import type { Engine } from './engine/engine.js';
import { environmentOf } from './environment.js';
import { startRetention } from './executor/retention.js';
import { buildApp, type HttpApp } from './http/app.js';
import { fetchOf } from './http/fetch.js';
import { type Handler, handlerOf, type Plugin, pluginOf } from './http/mount.js';
import { findPage } from './http/service/page.js';
import { createLogger } from './observe/logger.js';
import { createMetrics, type MetricsSources } from './observe/metrics.js';
import { RunLog } from './observe/run-log.js';
import { ScheduleLog } from './observe/schedule-log.js';
import { createRunTracer } from './observe/tracing.js';
import { steadyClock } from './runs/steady-clock.js';
import { SETTING_NAMES } from './setting-names.js';
import type { CommitObserver } from './store/store.js';
import { BACKTEST_THREADS, backtestStarter, layoutStarter } from './threads.js';
import { builtInTools } from './tools/built-in-tools.js';
import { loadToolModules } from './tools/load.js';
import type { Mcp } from './tools/mcp/start.js';

/** What only a process that listens by itself needs to know, or what follows from the rest. */
type ServersOwn =
  | 'host'
  | 'port'
  | 'databaseUrl'
  | 'tools'
  | 'secrets'
  | 'logLevel'
  | 'otlpEndpoint'
  | 'isOpenOnLoopback'
  | 'allowsUnsignedHooks';

/**
 * How an engine works. Beside what is named here, each setting of the server but `HOST`, `PORT` and `LOG_LEVEL` is an
 * option in camel case, with the same default and the same bounds: `maxConcurrentRuns` is `MAX_CONCURRENT_RUNS`.
 */
export interface GraphrunnerOptions extends Partial<Omit<Config, ServersOwn>> {
  /** A path or a `file:` URL of a SQLite file, which is made if it is not there, or a `postgres://` URL. */
  readonly database: string;
  /** Tools and conditions, beside those that are built in. */
  readonly tools?: readonly Registrable[];
  /** Modules of tools and conditions: paths, `file:` URLs or names of packages. */
  readonly toolModules?: readonly string[];
  /** Values that graphs can name as `${ secrets.NAME }`. They are never shown. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** A pino logger; without it nothing is logged. */
  readonly logger?: Logger;
  /** Adds the demo: its tools, its examples, and on a new database the code review graph. */
  readonly demo?: boolean;
  /** Answers requests whose Host is no name of this machine, though there are no keys. False if it is omitted, unless `allowAnonymous` is true. */
  readonly anyHost?: boolean;
  /** Hooks can take what nobody has signed; they cannot if it is omitted. */
  readonly allowsUnsignedHooks?: boolean;
  /** Milliseconds since 1970; the system's clock if it is omitted. A Postgres database has its own. */
  readonly now?: () => number;
  /** From 0 up to 1; `Math.random` if it is omitted. */
  readonly random?: () => number;
  /** Called if the database fails while the engine runs. Nothing that was not saved counts as saved. It throws if it is omitted. */
  readonly onFatal?: (error: unknown) => void;
}

/** An engine in this process. */
export interface Graphrunner {
  /** All use-cases: graphs, runs, schedules, hooks. They work before `start`, too; runs then wait for it. */
  readonly engine: Engine;
  /** The tools and conditions that graphs can name. */
  readonly registry: Registry;
  /** Begins to drive the runs that are due, those of the last process included. Once is enough; after `stop` it rejects. */
  start(): Promise<void>;
  /** Lets the steps under way finish, for at most `shutdownGraceSeconds`, and closes the database. Nothing works from here on. A second call waits for the first. */
  stop(): Promise<void>;
  /** The HTTP application with the page and the API: made at the first call, and closed by `stop`. Call `listen` on it to serve it alone. */
  app(): Promise<HttpApp>;
  /**
   * Asks the API without a network: the wire contract, for programs that hold the engine. `createClient` takes it. Of the
   * URL, only path and query count.
   */
  readonly fetch: typeof fetch;
  /** A plugin that serves the application below the prefix of `register`. For Fastify 4 and later. */
  plugin(): Promise<Plugin>;
  /** A request listener for `node:http`, Express and others. What calls it cuts a prefix off `request.url`. */
  handler(): Promise<Handler>;
}

/** Where the build leaves the page: beside this file, or in `dist/` while this runs from `src/`. */
const PAGE_FOLDERS = ['./web/', '../dist/web/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/**
 * Opens an engine on a database, in this process. Several can be in one process, on a database each.
 * @example
 * const graphrunner = await createGraphrunner({ database: 'workflow.db', tools: [charge] });
 * await graphrunner.start();
 * const { runId } = await graphrunner.engine.startRun({ graphId: 'order', inputData: { amount: 3 } });
 * await graphrunner.stop();
 * @throws ConfigError for options that are not allowed
 * @throws OpenDatabaseError when the database cannot be used
 */
export async function openGraphrunner(options: GraphrunnerOptions): Promise<Graphrunner> {
  const config = readConfig(environmentOf(options, SETTING_NAMES));
  const logger = options.logger ?? createLogger('silent', { write: () => undefined });
  const ownClock = options.now ?? steadyClock(Date.now, () => performance.now());
  let clock = ownClock;
  const now = (): number => clock();
  const { registry, mcp } = await loadRegistry(config, options, logger, now);
  const runLog = new RunLog(logger);
  const metrics = createMetrics(sourcesOf(() => parts, now));
  const opening = compose({
    ...config,
    databaseUrl: options.database,
    allowsUnsignedHooks: options.allowsUnsignedHooks ?? false,
    sharing: { ...config, takesRuns: config.role !== 'api' },
    secrets: options.secrets ?? {},
    registry,
    examples: options.demo === true ? demoExamples : [],
    logger,
    now: ownClock,
    ...(options.random === undefined ? {} : { random: options.random }),
    stepTimeoutMs: config.stepTimeoutSeconds * 1000,
    onFatal: options.onFatal ?? throwIt,
    onCommit: tellAll([metrics, runLog, new ScheduleLog(logger)]),
    onStep: metrics.stepEnded,
    tracer: createRunTracer(),
    startLayouts: layoutStarter(),
    startWorker: backtestStarter({
      toolModules: options.toolModules ?? [],
      directory: process.cwd(),
      demo: options.demo === true,
    }),
    maxWorkers: BACKTEST_THREADS,
    onCallback: metrics.callbackTried,
  });
  const parts = await orElse(opening, () => mcp?.close());
  clock = parts.now;
  if (parts.sharingFigures !== undefined) metrics.addSharing(parts.sharingFigures);
  await orElse(prepare(parts, options.demo === true), () => closeAll(parts, 0, [mcp?.close]));
  const makeApp = (): Promise<HttpApp> =>
    buildApp({
      ...config,
      loopbackOnly: !(options.anyHost ?? config.allowAnonymous) && !hasKeys(config),
      engine: parts.engine,
      inSlices: parts.inSlices,
      logger,
      page: findPage(PAGE_FOLDERS),
      isServiceOnly: config.role === 'worker',
      renderMetrics: metrics.render,
      onAnswered: metrics.answered,
      onRunStarted: (runId, requestId, actor) => runLog.started(runId, requestId, actor),
    });
  return facadeOf(config, { parts, registry, mcp, logger, makeApp });
}

/** What is to be there before anybody can start a run, so that none is taken for one of the last process. */
async function prepare({ engine, isNew, open }: Composition, demo: boolean): Promise<void> {
  if (isNew && demo) await loadDemo(engine);
  await open();
}

function hasKeys({ apiKeys, namedApiKeys, readApiKeys }: Config): boolean {
  return [apiKeys, namedApiKeys, readApiKeys].some((keys) => keys.length > 0);
}

/** Lets go of what is there already if the next part fails. */
async function orElse<T>(work: Promise<T>, letGo: () => Promise<void> | undefined): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await letGo();
    throw error;
  }
}

/** Closes the database last, and whatever becomes of the others. */
async function closeAll(
  parts: Composition,
  graceMs: number,
  others: readonly ((() => Promise<unknown>) | undefined)[],
): Promise<void> {
  try {
    await parts.drain(graceMs);
  } finally {
    try {
      await Promise.all(others.map((close) => close?.()));
    } finally {
      await parts.close();
    }
  }
}

interface Inside {
  readonly parts: Composition;
  readonly registry: Registry;
  readonly mcp: Mcp | undefined;
  readonly logger: Logger;
  readonly makeApp: () => Promise<HttpApp>;
}

function facadeOf(config: Config, { parts, registry, mcp, logger, makeApp }: Inside): Graphrunner {
  const { engine, store, now, queue } = parts;
  const days = config.retentionDays;
  const stopRetention = days === undefined ? undefined : startRetention({ store, logger, now, days });
  let made: Promise<HttpApp> | undefined;
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const refuseStopped = (): void => {
    if (stopped !== undefined) throw new Error('This engine has been stopped. Open another one.');
  };
  const app = async (): Promise<HttpApp> => {
    refuseStopped();
    made ??= makeApp();
    return made;
  };
  const begin = async (): Promise<void> => {
    const unfinished = await countUnfinished(parts);
    refuseStopped();
    if (unfinished > 0 && !queue.isShared) logger.info({ unfinished_runs: unfinished }, 'taking up unfinished runs');
    if (config.role !== 'api') parts.start();
  };
  const end = async (): Promise<void> => {
    stopRetention?.();
    await closeAll(parts, config.shutdownGraceSeconds * 1000, [async () => (await made)?.close(), mcp?.close]);
  };
  return {
    engine,
    registry,
    app,
    plugin: async () => pluginOf(await app()),
    handler: async () => handlerOf(await app()),
    fetch: async (input, init) => fetchOf(await app())(input, init),
    async start() {
      refuseStopped();
      started ??= begin();
      return started;
    },
    stop() {
      stopped ??= end();
      return stopped;
    },
  };
}

function throwIt(error: unknown): never {
  throw error;
}

/** The observer of commits that tells several. */
function tellAll(observers: readonly { committed: CommitObserver }[]): CommitObserver {
  return (units, tookMs) => {
    for (const observer of observers) observer.committed(units, tookMs);
  };
}

/** @param parts there when metrics are asked for */
function sourcesOf(parts: () => Composition, now: () => number): MetricsSources {
  return {
    queued: () => parts().queue.depth(),
    countUnfinished: () => parts().store.countUnfinishedRuns(),
    findOldest: () => parts().store.findOldestUnfinished(),
    findOldestQueued: () => parts().store.findOldestQueued(),
    countDeliveries: () => parts().store.deliveries.countPending(),
    now,
  };
}

async function countUnfinished({ store }: Composition): Promise<number> {
  const { SUBMITTED, RUNNING, WAITING } = await store.countUnfinishedRuns();
  return SUBMITTED + RUNNING + WAITING;
}

/** Several servers can start on a new database at the same time. */
async function loadDemo(engine: Engine): Promise<void> {
  try {
    await engine.createGraph(codeReviewGraph);
  } catch (error) {
    if (!(error instanceof EngineError && error.code === 'graph_exists')) throw error;
  }
}

async function loadRegistry(
  config: Config,
  options: GraphrunnerOptions,
  logger: Logger,
  now: () => number,
): Promise<{ registry: Registry; mcp: Mcp | undefined }> {
  const demo = options.demo === true ? demoDefinitions : [];
  const ours = [...builtInTools({ ...config, now }), ...demo, ...(options.tools ?? [])];
  const added = await loadToolModules(options.toolModules ?? [], process.cwd(), ours);
  const fixed = createRegistry([...ours, ...added]);
  const mcp = await openMcp(config, options.secrets ?? {}, logger);
  const registry = mcp?.extend(fixed) ?? fixed;
  await orElse(checkToolLimits(config, registry), () => mcp?.close());
  return { registry, mcp };
}

/** A limit for a tool that there is not would do nothing. @throws with what the name may be meant to be */
async function checkToolLimits({ toolLimits }: Config, { tools }: Registry): Promise<void> {
  for (const [name] of toolLimits) {
    if (tools.has(name)) continue;
    const { hint } = didYouMean(name, tools.keys());
    throw new Error(
      `TOOL_LIMITS names the tool "${name}", which is not registered. ${hint ?? 'GET /graph/tools lists the tools.'}`,
    );
  }
}

/** The client library takes 30 MB, so it is loaded only where servers are configured. */
async function openMcp(
  { mcpConfigPath: path }: Config,
  secrets: Readonly<Record<string, string>>,
  logger: Logger,
): Promise<Mcp | undefined> {
  if (path === undefined) return undefined;
  const { startMcp } = await import('./tools/mcp/start.js');
  return startMcp({ path, secrets, logger });
}
