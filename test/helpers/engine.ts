import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ComposeOptions, type Composition, compose } from '../../src/compose.js';
import { createRegistry, type Registrable } from '../../src/core/tool/registry.js';
import type { StepObserver } from '../../src/executor/step-outcome.js';
import type { CommitObserver } from '../../src/store/store.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { temporaryFolder } from './temporary-folder.js';

export interface TestEngineOptions {
  readonly definitions?: readonly Registrable[];
  readonly examples?: ComposeOptions['examples'];
  /** A database to open again; a new one in a folder of its own otherwise. */
  readonly path?: string;
  readonly maxConcurrentRuns?: number;
  readonly maxQueuedRuns?: number;
  readonly maxDescendants?: number;
  readonly stepTimeoutMs?: number;
  readonly toolLimits?: ReadonlyMap<string, number>;
  readonly now?: () => number;
  readonly onCommit?: CommitObserver;
  readonly onStep?: StepObserver;
  readonly tracer?: ComposeOptions['tracer'];
  readonly onCallback?: ComposeOptions['onCallback'];
  /** How long receivers of callbacks have, in milliseconds. */
  readonly timeoutMs?: number;
  readonly random?: () => number;
  /** Starts threads for backtests, two at most. */
  readonly startWorker?: ComposeOptions['startWorker'];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly llmBaseUrl?: string;
  /** With it there are approval links. */
  readonly publicUrl?: string;
  /** Hooks can take what nobody has signed, unless this is false. */
  readonly allowsUnsignedHooks?: boolean;
  /** Called before the first run is taken up. */
  readonly beforeStart?: (parts: Composition) => void;
}

export interface TestEngine extends Composition {
  readonly path: string;
  /** What the executor logged: level and arguments. */
  readonly logged: { level: string; details: unknown; message: unknown }[];
  /** Stops in good order and closes the database; the file stays for `path` to open it again. */
  stop(graceMs?: number): Promise<void>;
}

/** Engines that nobody has stopped yet. */
const running = new Set<TestEngine>();

/** For an engine that a test had die, by closing its store or otherwise: it never stops. */
const DEAD_MS = 1000;

/** Stops the engines that tests left running: files share a process, and a clock that one moves would wake them. */
export async function stopEngines(): Promise<void> {
  const engines = [...running];
  running.clear();
  if (engines.length === 0) return;
  await Promise.race([Promise.all(engines.map((engine) => engine.stop(0))), sleep(DEAD_MS)]);
  await Promise.all(engines.map(({ queue }) => queue.close()));
}

/** A SQLite file; with TEST_DATABASE=postgres, a schema of the Postgres that all tests share. */
async function newDatabase(): Promise<string> {
  if (process.env.TEST_DATABASE !== 'postgres') return join(temporaryFolder(), 'workflow.db');
  const { findPostgres } = await import('./postgres.js');
  const postgres = await findPostgres();
  if (postgres === undefined) throw new Error('There is no Postgres to test with.');
  return postgres.newSchema();
}

/** A whole engine on a real database, recovered and running. */
export async function startEngine(options: TestEngineOptions = {}): Promise<TestEngine> {
  const path = options.path ?? (await newDatabase());
  const now = options.now ?? Date.now;
  const logged: TestEngine['logged'] = [];
  const to = (level: string) => (details: unknown, message?: unknown) => void logged.push({ level, details, message });
  const logger = { info: to('info'), warn: to('warn'), error: to('error') };
  const registry = createRegistry([
    ...builtInTools({ now, httpAllow: ['127.0.0.1'], llmBaseUrl: options.llmBaseUrl ?? 'http://127.0.0.1:9/v1' }),
    ...(options.definitions ?? []),
  ]);
  const parts = await compose({
    databaseUrl: path,
    registry,
    examples: options.examples ?? [],
    logger,
    now,
    random: options.random ?? Math.random,
    secrets: options.secrets ?? {},
    publicUrl: options.publicUrl,
    allowsUnsignedHooks: options.allowsUnsignedHooks ?? true,
    maxConcurrentRuns: options.maxConcurrentRuns ?? 100,
    maxDescendants: options.maxDescendants ?? 100_000,
    maxQueuedRuns: options.maxQueuedRuns ?? 10_000,
    stepTimeoutMs: options.stepTimeoutMs ?? 600_000,
    toolLimits: options.toolLimits ?? new Map(),
    onStep: options.onStep,
    tracer: options.tracer,
    onCallback: options.onCallback,
    timeoutMs: options.timeoutMs,
    httpAllow: ['127.0.0.1'],
    onCommit: options.onCommit,
    startWorker: options.startWorker,
    maxWorkers: 2,
    onFatal: (error) => {
      throw error;
    },
  });
  await parts.open();
  options.beforeStart?.(parts);
  parts.start();
  const engine: TestEngine = {
    ...parts,
    path,
    logged,
    close: async () => {
      running.delete(engine);
      await parts.close();
    },
    stop: async (graceMs = 5000) => {
      await parts.drain(graceMs);
      await engine.close();
    },
  };
  running.add(engine);
  return engine;
}
