import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { createRegistry, type Registrable } from '../../src/core/tool/registry.js';
import type { FromWorker, ToWorker } from '../../src/engine/backtest/messages.js';
import { serveBatches } from '../../src/engine/backtest/serve-batches.js';
import type { WorkerThread } from '../../src/engine/backtest/worker.js';

/** A worker for backtests in this thread: it is sent copies, as one in another thread. */
export interface ChannelWorker extends WorkerThread {
  readonly sent: readonly ToWorker[];
  readonly received: readonly FromWorker[];
  readonly isEnded: boolean;
  /** As if it threw. */
  fail(error: Error): void;
}

/** Starts a worker that knows some tools and conditions. It goes on until it is ended. */
export function startChannelWorker(definitions: readonly Registrable[]): ChannelWorker {
  const { port1, port2 } = new MessageChannel();
  const events = new EventEmitter();
  const sent: ToWorker[] = [];
  const received: FromWorker[] = [];
  let isEnded = false;
  port1.on('message', (message: FromWorker) => {
    received.push(message);
    events.emit('message', message);
  });
  serveBatches(port2, createRegistry(definitions));
  return {
    sent,
    received,
    get isEnded() {
      return isEnded;
    },
    on: (event: string, listener: (given: never) => void) => events.on(event, listener as () => void),
    postMessage(message) {
      sent.push(message);
      port1.postMessage(message);
    },
    terminate() {
      isEnded = true;
      port1.close();
      events.emit('exit');
    },
    fail(error) {
      port1.close();
      events.emit('error', error);
    },
    ref: () => port1.ref(),
    unref: () => port1.unref(),
  };
}
