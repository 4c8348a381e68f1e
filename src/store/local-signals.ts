import type { Unsubscribe } from './queue.js';
import { type Signal, type SignalListener, type Signals, type Topic, topicOf } from './signals.js';

/** Signals within one process: nothing is ever lost, and listeners are called before `publish` returns. */
export class LocalSignals implements Signals {
  readonly tellOthers = undefined;
  readonly #listeners = new Map<Topic, Set<SignalListener>>();

  publish(signal: Signal): void {
    if (this.#listeners.size > 0) this.#tell(topicOf(signal), signal);
  }

  /** Has the listeners of a topic, or of all, look at what is stored: an adapter that can lose signals has lost some. */
  resync(topic?: Topic): void {
    for (const each of topic === undefined ? [...this.#listeners.keys()] : [topic]) this.#tell(each, 'resync');
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

  #tell(topic: Topic, signal: Signal | 'resync'): void {
    const listeners = this.#listeners.get(topic);
    if (listeners === undefined) return;
    // A copy, because listeners may leave while they are called.
    for (const listener of [...listeners]) listener(signal);
  }
}
