import fc from 'fast-check';
import { expect, it } from 'vitest';
import { comparable, linesOf, shown } from './comparison.js';
import { cases } from './generators.js';
import { walk } from './reference-walker.js';
import type { Outcome } from './script.js';
import { simulate } from './simulation.js';

/** Log lines that a run and its children come to at most, so that a case stays quick. */
const MAX_LINES = 300;
/** Some 20 s. `MODEL_RUNS` and `MODEL_SEED` ask for more of them, and for those of another time. */
const numRuns = Number(process.env.MODEL_RUNS ?? 200);
const seed = process.env.MODEL_SEED === undefined ? {} : { seed: Number(process.env.MODEL_SEED) };
/** Long enough to shrink a case that fails. */
const TIMEOUT_MS = Math.max(300_000, numRuns * 500);

it(
  'ends as the reference walker says, whatever the graph, the tools and the servers do',
  async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(cases, async (generated) => {
        const expected = walk(generated);
        fc.pre(expected !== null && linesOf(expected) <= MAX_LINES);
        for (const end of endsOf(expected!)) seen.add(end);
        const actual = await simulate(generated).catch((error: Error) => `${error.stack}`);
        const [outcome, deaths] = typeof actual === 'string' ? [actual, []] : [actual.outcome, actual.deaths];
        if (typeof actual !== 'string') {
          expect(actual.replayed, `replays otherwise\n${shown(generated)}\n`).toMatchObject({
            verdict: 'same',
            firstDivergence: null,
            missing: [],
          });
        }
        const predicted = deaths.length === 0 ? expected : walk(generated, deaths);
        fc.pre(predicted !== null);
        expect(comparable(outcome), `different ends for\n${shown(generated)}\n`).toEqual(comparable(predicted));
      }),
      { numRuns, ...seed },
    );
    // The generators would be worth little if runs ended in one way only.
    const usual = [
      'COMPLETED',
      'CANCELLED',
      'tool_failed',
      'refuse',
      'branch_failed',
      'expression_failed',
      'max_steps_exceeded',
    ];
    if (numRuns >= 200) expect([...seen]).toEqual(expect.arrayContaining(usual));
  },
  TIMEOUT_MS,
);

/** Statuses and error codes, children's included. */
function endsOf({ status, error, children }: Outcome): string[] {
  return [error?.code ?? status, ...children.flatMap(endsOf)];
}
