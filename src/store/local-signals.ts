import type { Unsubscribe } from './queue.js';
import { type Signal, type SignalListener, type Signals, type Topic, topicOf } from './signals.js';

/** Signals within one process: nothing is ever lost, and listeners are called before `publish` returns. */
export class LocalSignals implements Signals {
  readonly #listeners = new Map<Topic, Set<SignalListener>>();

  publish(signal: Signal): void {
    if (this.#listeners.size === 0) return;
    const listeners = this.#listeners.get(topicOf(signal));
    if (listeners === undefined) return;
    // A copy, because listeners may leave while they are called.
    for (const listener of [...listeners]) listener(signal);
  }

  subscribe(topic: Topic, listener: SignalListener): Unsubscribe {
    const listeners = this.#listeners.get(topic) ?? new Set();
    // Wrapped, so that one function can listen twice.
    const entry: SignalListener = (signal) => listener(signal);
    this.#listeners.set(topic, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#listeners.get(topic) === listeners) this.#listeners.delete(topic);
    };
  }
}
