import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GraphDefinition } from '../../src/core/graph.js';
import { cases } from './generators.js';
import { walk } from './reference-walker.js';
import type { Case, Outcome } from './script.js';
import { simulate } from './simulation.js';

/** Log lines that a run and its children come to at most, so that a case stays quick. */
const MAX_LINES = 300;
const numRuns = Number(process.env.MODEL_RUNS ?? 200);
const seed = process.env.MODEL_SEED === undefined ? {} : { seed: Number(process.env.MODEL_SEED) };

/** Statuses and error codes that were seen, children included. */
const seen = new Map<string, number>();

it('ends as the reference walker says, whatever the graph, the tools and the servers do', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async (generated) => {
      const expected = walk(generated);
      fc.pre(expected !== null && linesOf(expected) <= MAX_LINES);
      note(expected!);
      const actual = await simulate(generated).catch((error: Error) => `${error.stack}`);
      expect(comparable(actual), `different ends for\n${shown(generated)}\n`).toEqual(comparable(expected));
    }),
    { numRuns, ...seed },
  );
  if (process.env.MODEL_STATS) console.log(Object.fromEntries([...seen].sort()));
}, 600_000);

function linesOf({ logs, children }: Outcome): number {
  return children.reduce((lines, child) => lines + linesOf(child), logs.length);
}

function note({ status, error, children }: Outcome): void {
  const key = error === null ? status : (error as { code: string }).code;
  seen.set(key, (seen.get(key) ?? 0) + 1);
  children.forEach(note);
}

const RUN_ID = /[0-9a-f]{8}-[0-9a-f-]{27}/g;
/** The words for what is wrong with an expression have tests of their own. */
const NO_VALUE = /The (items|case|params)\b.* ha(s|ve) no value: .*/;

function comparable(outcome: Outcome | string | null): unknown {
  return JSON.parse(JSON.stringify(outcome), (_key, value) =>
    typeof value === 'string' ? value.replaceAll(RUN_ID, '<run>').replace(NO_VALUE, 'no value') : value,
  );
}

/** A case as somebody would write it down. */
function shown({ graphs, script, ...rest }: Case): string {
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
