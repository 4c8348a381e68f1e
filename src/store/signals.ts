import type { RunStatus } from '../core/run/state.js';
import type { Unsubscribe } from './queue.js';

/** What processes tell each other. The store publishes each after it is stored. */
export type Signal =
  /** A run has come so far. `cancelRequested`: its tool has to be aborted. */
  | {
      readonly kind: 'run_advanced';
      readonly runId: string;
      readonly seq: number;
      readonly status: RunStatus;
      readonly cancelRequested: boolean;
    }
  | { readonly kind: 'run_deleted'; readonly runId: string }
  /** A run inside another one has begun to wait for a person. */
  | { readonly kind: 'child_waiting'; readonly runId: string }
  /** A graph has a new latest version, or none. */
  | { readonly kind: 'graph_changed'; readonly graphId: string }
  /** Somebody has changed schedules. */
  | { readonly kind: 'schedules_changed' }
  /** Somebody reads the output of the steps of a run. `replay`: that of the step in flight from its beginning. */
  | { readonly kind: 'output_wanted'; readonly runId: string; readonly replay: boolean }
  | OutputSent;

/** What the step in flight of a run has sent: chunks that follow each other. */
export interface OutputSent {
  readonly kind: 'output_sent';
  readonly runId: string;
  /** Tells one call of a tool from any other. */
  readonly callId: string;
  readonly step: number;
  readonly node: string;
  readonly attempt: number;
  /** Seq of the last event before the call. */
  readonly after: number;
  /** The index of the first chunk. */
  readonly first: number;
  /** It begins with the oldest chunk that is still there. */
  readonly isReplay: boolean;
  /** As JSON texts. Together they take {@link MAX_OUTPUT_BYTES} at most. */
  readonly chunks: readonly string[];
}

/** Bytes of chunks in one signal. */
export const MAX_OUTPUT_BYTES = 6200;

/** What can be listened to: one run, all children that begin to wait for a person, all graphs, all schedules, output of all runs. */
export type Topic = `run/${string}` | 'child_waiting' | 'graphs' | 'schedules' | 'output';

/** Called with each signal of a topic; with `resync` if some may have been lost: look at what is stored. Must not throw. */
export type SignalListener = (signal: Signal | 'resync') => void;

/**
 * The signals port. Signals are hints: they can be lost, come late, come twice or out of order, so what is stored is
 * looked at before anything is done for good.
 */
export interface Signals {
  /** Tells everybody who listens to the signal's topic, here and in other processes, now or a little later. */
  publish(signal: Signal): void;
  /** The same, but only in other processes. Undefined if there are none. */
  readonly tellOthers: ((signal: Signal) => void) | undefined;
  subscribe(topic: Topic, listener: SignalListener): Unsubscribe;
}

/** The topic that a signal belongs to. */
export function topicOf(signal: Signal): Topic {
  switch (signal.kind) {
    case 'run_advanced':
    case 'run_deleted':
      return `run/${signal.runId}`;
    case 'child_waiting':
      return 'child_waiting';
    case 'graph_changed':
      return 'graphs';
    case 'schedules_changed':
      return 'schedules';
    case 'output_wanted':
    case 'output_sent':
      return 'output';
  }
}
