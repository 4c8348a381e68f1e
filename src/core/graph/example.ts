import type { Json } from '../base/json.js';
import type { GraphDefinition } from './definition.js';

/** A graph to start from, with a run of it that works at once. */
export interface ExampleGraph {
  readonly definition: GraphDefinition & { readonly graph_id: string; readonly description: string };
  /** What a run is started with. */
  readonly start: { readonly inputData: Json; readonly metadata: Readonly<Record<string, string>> };
  /** An answer to the question that the run asks; null if it asks nothing. */
  readonly answer: Json;
}
