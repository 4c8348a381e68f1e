import type { LocalSignals } from '../local-signals.js';
import type { Unsubscribe } from '../queue.js';
import type { Signal, SignalListener, Signals, Topic } from '../signals.js';
import { keyOf, readHints, writeHints } from './hints.js';

/** A process notifies the others at most this often, in milliseconds. */
const NOTIFY_MS = 10;
/** How often what is stored is looked at, in milliseconds: hints can be lost. */
const LOOK_MS = 1000;
/** How often listeners for children that wait, and for schedules, look for themselves, in milliseconds: no journal tells. */
const OTHERS_LOOK_MS = 5000;

export interface PostgresSignalsOptions {
  readonly local: LocalSignals;
  /** Which process this is. Without spaces. */
  readonly sender: string;
  /** Milliseconds since 1970, by the clock of the database. */
  readonly now: () => number;
  /** Sends notifications. What cannot be sent is lost. */
  readonly notify: (payloads: readonly string[]) => Promise<void>;
  /** The seq of the last event of each of these runs; a run that is not there is omitted. */
  readonly lastSeqs: (runIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

/** A run that somebody here listens to. */
interface Heard {
  listeners: number;
  /** The last event that the listeners were told of; undefined before the first. */
  seq: number | undefined;
}

/**
 * Signals between processes: those of this one at once, those of others as notifications. A notification can be lost,
 * with the connection or with the process that was about to send it, so once a second what is stored is looked at.
 */
export class PostgresSignals implements Signals {
  readonly #heard = new Map<string, Heard>();
  readonly #pending = new Map<string, Signal>();
  readonly #workListeners = new Set<() => void>();
  #hasWork = false;
  #flushing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #looks: NodeJS.Timeout[];
  #isLooking = false;
  #lagMs: number | undefined;

  constructor(private readonly options: PostgresSignalsOptions) {
    const othersLook = (): void => {
      options.local.resync('child_waiting');
      options.local.resync('schedules');
    };
    this.#looks = [setInterval(() => void this.#look(), LOOK_MS), setInterval(othersLook, OTHERS_LOOK_MS)];
  }

  publish(signal: Signal): void {
    this.#tell(signal);
    this.tellOthers(signal);
  }

  tellOthers(signal: Signal): void {
    this.#pending.set(keyOf(signal), signal);
    this.#flushSoon();
  }

  subscribe(topic: Topic, listener: SignalListener): Unsubscribe {
    const unsubscribe = this.options.local.subscribe(topic, listener);
    const runId = runOf(topic);
    if (runId === undefined) return unsubscribe;
    const heard = this.#heard.get(runId) ?? { listeners: 0, seq: undefined };
    heard.listeners += 1;
    this.#heard.set(runId, heard);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      unsubscribe();
      heard.listeners -= 1;
      if (heard.listeners === 0) this.#heard.delete(runId);
    };
  }

  /** Tells the other processes that there are runs which are due. */
  announceWork(): void {
    this.#hasWork = true;
    this.#flushSoon();
  }

  /** Calls back when another process has announced work. */
  onWork(listener: () => void): Unsubscribe {
    this.#workListeners.add(listener);
    return () => void this.#workListeners.delete(listener);
  }

  /** Takes a notification in. */
  receive(payload: string): void {
    const hints = readHints(payload);
    if (hints === undefined || hints.sender === this.options.sender) return;
    this.#lagMs = Math.max(0, this.options.now() - hints.sentAt);
    for (const signal of hints.signals) this.#tell(signal);
    if (hints.hasWork) for (const listener of this.#workListeners) listener();
  }

  /** Has everybody look at what is stored, because notifications may have been lost. */
  resync(): void {
    for (const heard of this.#heard.values()) heard.seq = undefined;
    this.options.local.resync();
    for (const listener of this.#workListeners) listener();
  }

  /** How long the last notification was under way, in milliseconds; undefined before the first. */
  lagMs(): number | undefined {
    return this.#lagMs;
  }

  /** Sends what is still to be sent, and stops looking. */
  async close(): Promise<void> {
    for (const look of this.#looks) clearInterval(look);
    clearTimeout(this.#timer);
    await this.#flushing;
    await this.#flush();
  }

  #tell(signal: Signal): void {
    if (signal.kind === 'run_advanced') {
      const heard = this.#heard.get(signal.runId);
      if (heard !== undefined) heard.seq = Math.max(heard.seq ?? 0, signal.seq);
    }
    this.options.local.publish(signal);
  }

  /** What is told within a few milliseconds goes together. */
  #flushSoon(): void {
    if (this.#timer !== undefined || this.#flushing !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flushing = this.#flush().finally(() => {
        this.#flushing = undefined;
        if (this.#pending.size > 0 || this.#hasWork) this.#flushSoon();
      });
    }, NOTIFY_MS);
  }

  async #flush(): Promise<void> {
    const { sender, now, notify } = this.options;
    const signals = [...this.#pending.values()];
    const payloads = writeHints({ sender, sentAt: now(), signals, hasWork: this.#hasWork });
    this.#pending.clear();
    this.#hasWork = false;
    if (payloads.length === 0) return;
    // What is lost is found by the looks of the others.
    await notify(payloads).catch(() => undefined);
  }

  /** Finds what no notification has told. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#heard.size === 0) return;
    this.#isLooking = true;
    const runIds = [...this.#heard.keys()];
    try {
      const seqs = await this.options.lastSeqs(runIds);
      for (const runId of runIds) this.#compare(runId, seqs.get(runId));
    } catch {
      // The store says so itself, and the next look is a second away.
    } finally {
      this.#isLooking = false;
    }
  }

  #compare(runId: string, stored: number | undefined): void {
    const heard = this.#heard.get(runId);
    if (heard === undefined || heard.seq === (stored ?? 0)) return;
    if (stored !== undefined && heard.seq !== undefined && stored < heard.seq) return;
    heard.seq = stored ?? 0;
    if (stored === undefined) this.options.local.publish({ kind: 'run_deleted', runId });
    else this.options.local.resync(`run/${runId}`);
  }
}

function runOf(topic: Topic): string | undefined {
  return topic.startsWith('run/') ? topic.slice('run/'.length) : undefined;
}
