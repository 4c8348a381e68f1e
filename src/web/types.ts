/** Types of the page's own. Those of responses are generated: see wire-types.ts. */

import type { RunStatus } from './wire-types.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The parts of a JSON Schema that forms are made of. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly Json[];
  readonly const?: Json;
  readonly default?: Json;
  readonly examples?: readonly Json[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
}

export const FINISHED: ReadonlySet<RunStatus> = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);

/** What a step sends while it works, or how much of it is missing. */
export type StreamedOutput = { readonly step: number; readonly node: string; readonly attempt: number } & (
  | { readonly index: number; readonly chunk: unknown }
  | { readonly dropped: number }
);
