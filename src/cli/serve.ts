import { once } from 'node:events';
import { createServer } from 'node:net';
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { type Config, loadConfig, misnamedSettings } from '../config.js';
import { messageOf } from '../core/base/errors.js';
import { currentCall } from '../executor/tool-call.js';
import { openGraphrunner } from '../graphrunner.js';
import { describeMisnamed } from '../misnamed-settings.js';
import type { SpanExport } from '../observe/export-spans.js';
import { openLogger } from '../observe/logger.js';
import { withTracingPackages } from '../optional-packages.js';
import { readVersion } from '../version.js';
import { engineOptions } from './engine-options.js';

/** How long closing may take once the grace of the runs is over, in milliseconds. */
const CLOSE_MS = 15_000;

/** What a server is told by who starts it, beside its settings. */
export interface ServeOptions {
  /** Modules of tools, beside those of `TOOLS`. */
  readonly tools: readonly string[];
}

/** Starts the server of the working directory, and stops the process if it cannot be started. */
export async function serve({ tools }: ServeOptions): Promise<void> {
  try {
    const settings = loadConfig();
    const config = { ...settings, tools: [...new Set([...settings.tools, ...tools])] };
    const logger = await openLogger(config.logLevel, process.stdout);
    logStrayErrors(logger);
    for (const misnamed of misnamedSettings()) logger.warn(describeMisnamed(misnamed));
    await listen(config, logger);
  } catch (error) {
    // What stops a start is for a person to read, whatever the log level.
    process.stderr.write(`graphrunner cannot start: ${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function listen(config: Config, logger: Logger): Promise<void> {
  const { host, port, otlpEndpoint, shutdownGraceSeconds } = config;
  await checkPort(config);
  const spans = otlpEndpoint === undefined ? undefined : await startSpans(logger);
  const graphrunner = await openGraphrunner({
    ...engineOptions(config),
    logger,
    onFatal: (error) => {
      logger.fatal({ err: error }, 'the database has failed; stopping, so that nothing unsaved counts as saved');
      process.exit(1);
    },
  });
  closeWithGrace({ delay: shutdownGraceSeconds * 1000 + CLOSE_MS, logger, skip: [...NOT_STOPS] }, async () => {
    logger.info('stopping');
    await graphrunner.stop();
    await spans?.stop();
  });
  const app = await graphrunner.app();
  const listenTextResolver = (address: string): string =>
    `listening on ${address}; open it in a browser, or try ${address}/docs`;
  await app.listen({ host, port, listenTextResolver });
  // Driven once the server surely runs.
  await graphrunner.start();
  tellParent(app.listeningOrigin);
}

/** A parent that watches files wants to know where the server listens, and takes it with it when it is killed. */
function tellParent(listening: string): void {
  if (process.send === undefined) return;
  process.send({ listening });
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

/** The SDK of OpenTelemetry is optional, and loaded only here: who embeds the engine has a provider of spans, or none. */
async function startSpans(logger: Logger): Promise<SpanExport> {
  const { exportSpans } = await withTracingPackages(() => import('../observe/export-spans.js'));
  return exportSpans(readVersion(), logger);
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
