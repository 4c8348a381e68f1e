import type { Batch, RunResult } from './batch.js';

/** A version of a graph, or with `draft` a document that is not stored: its number among those of this process. */
export interface GraphKey {
  readonly graphId: string;
  readonly version: number;
  readonly draft?: number;
}

/** What tells one version or draft from the others. */
export function textOfKey({ graphId, version, draft }: GraphKey): string {
  return JSON.stringify([graphId, version, draft]);
}

/** What a worker is sent. It has one batch at a time. */
export type ToWorker =
  | { readonly kind: 'batch'; readonly batch: Batch; readonly candidate: GraphKey }
  /** The definitions that the worker has asked for, as text; null if there is no such graph. */
  | { readonly kind: 'graphs'; readonly texts: readonly (readonly [GraphKey, string | null])[] };

/** What a worker sends. */
export type FromWorker =
  /** The tools and conditions that it knows, as {@link namesIn} writes them. */
  | { readonly kind: 'ready'; readonly names: readonly string[] }
  | { readonly kind: 'need'; readonly keys: readonly GraphKey[] }
  | { readonly kind: 'results'; readonly results: readonly RunResult[] };
