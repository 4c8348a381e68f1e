import { parentPort, workerData } from 'node:worker_threads';
import { createRegistry } from './core/tool/registry.js';
import { demoDefinitions } from './demo/definitions.js';
import { serveBatches } from './engine/backtest/serve-batches.js';
import type { WorkerSettings } from './threads.js';
import { builtInTools } from './tools/built-in-tools.js';
import { loadToolModules } from './tools/load.js';

// What a thread for backtests runs. It calls no tool but those of which all follows from their params, so it has no secrets,
// no settings and no connections.
const { toolModules, directory, demo }: WorkerSettings = workerData;
const ours = [
  ...builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://localhost' }),
  ...(demo ? demoDefinitions : []),
];
const registry = createRegistry([...ours, ...(await loadToolModules(toolModules, directory, ours))]);
if (parentPort !== null) serveBatches(parentPort, registry);
