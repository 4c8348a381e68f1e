import { parentPort } from 'node:worker_threads';
import { layoutOf } from './diagram/layout.js';
import type { Diagram } from './diagram/model.js';

// What the thread for pictures runs: it lays out one after the other.
parentPort?.on('message', (diagram: Diagram) => parentPort?.postMessage(layoutOf(diagram)));
