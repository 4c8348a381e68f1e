import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findPostgres } from '../helpers/postgres.js';
import { comparable, linesOf, shown } from '../model/comparison.js';
import { cases } from '../model/generators.js';
import { calm, Pair } from '../model/real-time.js';
import { walk } from '../model/reference-walker.js';
import type { Case, Outcome } from '../model/script.js';

/** Cases that run at a time; one of the two engines dies while they do. */
const AT_A_TIME = 10;
const KILLS = 2;
const MIN_LINES = 10;
const MAX_LINES = 100;

const postgres = await findPostgres();

/** Cases and their ends, of those that have enough to do. */
function chooseCases(seed: number): { generated: Case; expected: Outcome }[] {
  const sample = fc.sample(cases.map(calm), { numRuns: 60 * AT_A_TIME * KILLS, seed });
  return sample
    .flatMap((generated) => {
      const expected = walk(generated);
      return expected === null || !isOrderly(expected) ? [] : [{ generated, expected }];
    })
    .filter(({ expected }) => linesOf(expected) >= MIN_LINES && linesOf(expected) <= MAX_LINES)
    .slice(0, AT_A_TIME * KILLS);
}

/** One that is lost takes its siblings with it, and how far those are is a matter of time. */
function isOrderly({ children }: Outcome): boolean {
  const isCalm = children.length < 2 || children.every(({ status }) => status === 'COMPLETED');
  return isCalm && children.every(isOrderly);
}

describe.skipIf(postgres === undefined)('runs on Postgres', () => {
  it('end as the reference walker says, whatever the graph and the tools do, when one of two engines dies', async () => {
    const seed = Number(process.env.MODEL_SEED ?? Math.floor(Math.random() * 2 ** 31));
    const chosen = chooseCases(seed);
    expect(chosen).toHaveLength(AT_A_TIME * KILLS);
    const pair = await Pair.start(
      await postgres!.newSchema(),
      chosen.map(({ generated }) => generated),
    );
    let isOver = false;
    const answering = pair.answerAll(() => isOver);
    for (let kill = 0; kill < KILLS; kill++) {
      const part = chosen.slice(kill * AT_A_TIME, (kill + 1) * AT_A_TIME);
      const numbers = part.map((_, index) => kill * AT_A_TIME + index);
      const runIds = await Promise.all(numbers.map((number) => pair.begin(number)));
      await sleep(Math.random() * 500);
      await pair.killOne();
      const outcomes = await Promise.all(runIds.map((runId) => pair.end(runId)));
      for (const [index, { generated, expected }] of part.entries()) {
        const message = `MODEL_SEED=${seed} has different ends for\n${shown(generated)}\n`;
        expect(untimed(outcomes[index]!), message).toEqual(untimed(expected));
      }
    }
    isOver = true;
    await answering;
    // The test would prove nothing if no kill had ever hit a run under way.
    expect(pair.takeovers()).toBeGreaterThan(0);
    await pair.stop();
  });
});

/** An end without what depends on the time, and on the names that cases have beside others. */
function untimed(outcome: Outcome): unknown {
  const text = JSON.stringify(comparable(outcome), (key, value) => (key === 'finishedAt' ? undefined : value));
  return JSON.parse(text.replaceAll(/[-_]case\d+/g, ''));
}
