import type { GraphDefinition } from '../../src/core/graph/definition.js';
import type { Case, Outcome } from './script.js';

/** How many lines the logs of a run and of its children have. */
export function linesOf({ logs, children }: Outcome): number {
  return children.reduce((lines, child) => lines + linesOf(child), logs.length);
}

const RUN_ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
/** The words for what is wrong with an expression have tests of their own. */
const NO_VALUE = /The (items|case|params|".*" of)\b.* ha(s|ve) no value[:,] .*/;

/** An end with what is not the same each time made equal. */
export function comparable(outcome: Outcome | string | null): unknown {
  return JSON.parse(JSON.stringify(outcome), (_key, value) =>
    typeof value === 'string' ? value.replaceAll(RUN_ID, '<run>').replace(NO_VALUE, 'no value') : value,
  );
}

/** A case as somebody would write it down. */
export function shown({ graphs, script, ...rest }: Case): string {
  const lines = Object.entries(script).map(([node, does]) => `  ${node}: ${JSON.stringify(does)}`);
  return [...graphs.flatMap(outlined), 'script:', ...lines, JSON.stringify(rest)].join('\n');
}

/** A line for each node and edge. */
function outlined({ graph_id, entry_point, ...parts }: GraphDefinition): string[] {
  const lines = Object.values(parts).flatMap((part) =>
    Array.isArray(part) ? part.map((one) => `  ${JSON.stringify(one)}`) : [],
  );
  return [`graph ${graph_id} from ${entry_point}, merge ${JSON.stringify(parts.merge)}`, ...lines];
}
