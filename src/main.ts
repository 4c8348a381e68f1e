#!/usr/bin/env node
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { helpText, readArguments } from './arguments.js';
import { type Composition, compose } from './compose.js';
import { type Config, loadConfig, misnamedSettings, SETTING_NAMES } from './config.js';
import { assertNever } from './core/base/assert-never.js';
import { EngineError, messageOf } from './core/base/errors.js';
import { didYouMean } from './core/base/nearest-name.js';
import { isPostgresUrl } from './core/base/postgres-url.js';
import { createRegistry, type Registry } from './core/tool/registry.js';
import { codeReviewDefinitions } from './demo/definitions.js';
import { codeReviewGraph } from './demo/graph.js';
import type { Engine } from './engine/engine.js';
import { startRetention } from './executor/retention.js';
import { currentCall } from './executor/tool-call.js';
import type { AccessOptions } from './http/access.js';
import { buildApp } from './http/app.js';
import { findPage } from './http/service/page.js';
import { migrate } from './migrate.js';
import { describeMisnamed } from './misnamed-settings.js';
import { openLogger } from './observe/logger.js';
import { createMetrics, type MetricsSources } from './observe/metrics.js';
import { RunLog } from './observe/run-log.js';
import { ScheduleLog } from './observe/schedule-log.js';
import { steadyClock } from './runs/steady-clock.js';
import type { CommitObserver, Store } from './store/store.js';
import { builtInTools } from './tools/built-in-tools.js';
import { loadToolModules } from './tools/load.js';
import type { Mcp } from './tools/mcp/start.js';

// Collects old garbage sooner: V8 lets the heap grow by 70 MB of it before it looks, where 24 MB are alive. With 50 demo runs
// in flight the process peaks at 172 MB instead of 225, as fast as without. `--optimize-for-size` came down to 151 MB, but
// took half as much processor time again, because it also keeps the space for new objects small.
setFlagsFromString('--heap-growing-percent=35');

/** How long closing may take once the grace of the runs is over, in milliseconds. */
const CLOSE_MS = 15_000;

/** Where the build leaves the page: beside this file, or in `dist/` while this runs from `src/`. */
const PAGE_FOLDERS = ['./web/', '../dist/web/'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** Composes the server, and listens. */
async function serve(config: Config, logger: Logger): Promise<void> {
  const ownClock = steadyClock(Date.now, () => performance.now());
  let clock = ownClock;
  const now = (): number => clock();
  await checkPort(config);
  const { registry, mcp } = await loadRegistry(config, logger, now);
  const runLog = new RunLog(logger);
  const metrics = createMetrics(sourcesOf(() => parts, now));
  const parts = await compose({
    ...config,
    sharing: { ...config, takesRuns: config.role !== 'api' },
    registry,
    logger,
    now: ownClock,
    stepTimeoutMs: config.stepTimeoutSeconds * 1000,
    onFatal: (error) => {
      logger.fatal({ err: error }, 'the database has failed; stopping, so that nothing unsaved counts as saved');
      process.exit(1);
    },
    onCommit: tellAll([metrics, runLog, new ScheduleLog(logger)]),
    onStep: metrics.stepEnded,
    onCallback: metrics.callbackTried,
  });
  const { engine, store } = parts;
  clock = parts.now;
  if (parts.sharingFigures !== undefined) metrics.addSharing(parts.sharingFigures);
  if (parts.isNew) await loadDemo(engine);
  const app = await buildApp({
    ...accessOf(config),
    engine,
    inSlices: parts.inSlices,
    logger,
    publicUrl: config.publicUrl,
    maxBodyBytes: config.maxBodyBytes,
    page: findPage(PAGE_FOLDERS),
    isServiceOnly: config.role === 'worker',
    renderMetrics: metrics.render,
    onAnswered: metrics.answered,
    onRunStarted: (runId, requestId, actor) => runLog.started(runId, requestId, actor),
  });
  const days = config.retentionDays;
  const stopRetention = days === undefined ? undefined : startRetention({ store, logger, now, days });
  const graceMs = config.shutdownGraceSeconds * 1000;
  closeWithGrace({ delay: graceMs + CLOSE_MS, logger, skip: [...NOT_STOPS] }, async () => {
    logger.info('stopping');
    stopRetention?.();
    await parts.drain(graceMs);
    await Promise.all([app.close(), mcp?.close()]);
    await parts.close();
  });
  // Before anybody can start a run, so that none is taken for one of the last server; driven once the server surely runs.
  await parts.open();
  const unfinished = await countUnfinished(store);
  const listenTextResolver = (address: string): string =>
    `listening on ${address}; open it in a browser, or try ${address}/docs`;
  await app.listen({ host: config.host, port: config.port, listenTextResolver });
  if (unfinished > 0 && !parts.queue.isShared)
    logger.info({ unfinished_runs: unfinished }, 'taking up unfinished runs');
  if (config.role !== 'api') parts.start();
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

function accessOf({ apiKeys, namedApiKeys, readApiKeys, isOpenOnLoopback }: Config): AccessOptions {
  return { apiKeys, namedApiKeys, readApiKeys, loopbackOnly: isOpenOnLoopback };
}

async function countUnfinished(store: Store): Promise<number> {
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

/**
 * Listens for a moment, so that a port which is taken, or not ours to take, stops the start before there is a database.
 * @throws what listening throws, with what to do if the port is taken
 */
async function checkPort({ host, port }: Config): Promise<void> {
  const server = createServer().listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? new Error(`${error.message}. Set PORT to another port, or stop what uses this one.`) : error;
  }
  server.close();
  await once(server, 'close');
}

async function loadRegistry(
  config: Config,
  logger: Logger,
  now: () => number,
): Promise<{ registry: Registry; mcp: Mcp | undefined }> {
  const ours = [...builtInTools({ ...config, now }), ...codeReviewDefinitions];
  const added = await loadToolModules(config.tools, process.cwd(), ours);
  const fixed = createRegistry([...ours, ...added]);
  const mcp = await openMcp(config, logger);
  const registry = mcp?.extend(fixed) ?? fixed;
  checkToolLimits(config, registry);
  return { registry, mcp };
}

/** A limit for a tool that there is not would do nothing. @throws with what the name may be meant to be */
function checkToolLimits({ toolLimits }: Config, { tools }: Registry): void {
  for (const [name] of toolLimits) {
    if (tools.has(name)) continue;
    const { hint } = didYouMean(name, tools.keys());
    throw new Error(
      `TOOL_LIMITS names the tool "${name}", which is not registered. ${hint ?? 'GET /graph/tools lists the tools.'}`,
    );
  }
}

/** The client library takes 30 MB, so it is loaded only where servers are configured. */
async function openMcp({ mcpConfigPath, secrets }: Config, logger: Logger): Promise<Mcp | undefined> {
  if (mcpConfigPath === undefined) return undefined;
  const { startMcp } = await import('./tools/mcp/start.js');
  return startMcp({ path: mcpConfigPath, secrets, logger });
}

/** What does not stop the server in good order: only SIGTERM and SIGINT do. */
const NOT_STOPS = [
  'beforeExit',
  'uncaughtException',
  'unhandledRejection',
  'SIGHUP',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGUSR2',
] as const;

/** A promise that nobody waits for harms only its run; anything else that surfaces here leaves the process in doubt. */
function logStrayErrors(logger: Logger): void {
  process.on('unhandledRejection', (reason) => {
    const call = currentCall();
    const run = call === undefined ? {} : { run_id: call.runId, node: call.node };
    logger.error({ err: call === undefined ? reason : call.mask.error(reason), ...run }, 'unhandled rejection');
  });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception; runs go on after the next start');
    process.exit(1);
  });
}

async function start(): Promise<void> {
  try {
    const config = loadConfig();
    const logger = await openLogger(config.logLevel, process.stdout);
    logStrayErrors(logger);
    for (const misnamed of misnamedSettings()) logger.warn(describeMisnamed(misnamed));
    await serve(config, logger);
  } catch (error) {
    // What stops a start is for a person to read, whatever the log level.
    process.stderr.write(`graphrunner cannot start: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

/** @param to the URL of a database; `DATABASE_URL` if there is none */
async function move(from: string, to: string | undefined): Promise<void> {
  try {
    const url = to ?? loadConfig().databaseUrl;
    if (!isPostgresUrl(url)) {
      throw new Error('no Postgres database is given. Put its URL behind the file, or into DATABASE_URL.');
    }
    await migrate(from, url, (line) => void process.stdout.write(`${line}\n`));
  } catch (error) {
    process.stderr.write(`graphrunner cannot migrate: ${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}

/** From the package, which is one folder up from `dist/` and from `src/`. */
function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
}

async function main(): Promise<void> {
  const request = readArguments(process.argv.slice(2), SETTING_NAMES);
  switch (request.kind) {
    case 'serve':
      return start();
    case 'help':
      process.stdout.write(helpText(SETTING_NAMES));
      return;
    case 'version':
      process.stdout.write(`${readVersion()}\n`);
      return;
    case 'migrate':
      return move(request.from, request.to);
    case 'refuse':
      process.stderr.write(`graphrunner cannot start: ${request.reason}\n`);
      process.exitCode = 1;
      return;
    default:
      assertNever(request);
  }
}

await main();
