import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blankRun } from '../../src/core/run/blank-run.js';
import { evolve } from '../../src/core/run/evolve.js';
import { cursorOf, type RunState as Folded } from '../../src/core/run/state.js';
import { eventOf } from '../../src/core/run/stored-events.js';
import { type CapsuleEvent, readStreamed } from '../../src/web/evidence/capsule-document.js';
import { changesData, isTold, stateAfter } from '../../src/web/run/live-state.js';
import type { RunState } from '../../src/web/wire-types.js';

interface StoredRun {
  readonly runId: string;
  readonly records: readonly { seq: number; time: number; type: string; payload: string; logEnd: number }[];
}

const folder = new URL('../fixtures/', import.meta.url);

/** Journals of every release: together they have every type of event. Those of branches begin with the data of a parent. */
const runs = readdirSync(folder)
  .filter((file) => /^journal-.*\.json$/.test(file))
  .flatMap((file) => (JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { runs: StoredRun[] }).runs);

/** What the server answers after each event, as far as the page goes on from there by itself. */
function answersOf({ runId, records }: StoredRun): RunState[] {
  let state: Folded = blankRun(runId);
  return records.map((record) => {
    state = evolve(state, { ...record, event: eventOf(record.type, record.payload) });
    const cursor = cursorOf(state);
    const { data, stepCount } = state;
    return {
      data,
      step_count: stepCount,
      current_node: cursor?.node ?? null,
      attempt: cursor?.attempt ?? null,
    } as never;
  });
}

function streamOf({ records }: StoredRun): CapsuleEvent[] {
  return records.map(({ seq, time, type, payload }) =>
    readStreamed({ ...JSON.parse(payload), seq, time: new Date(time).toISOString(), type }),
  );
}

describe.each(runs)('run $runId on the page', (run) => {
  const answers = answersOf(run);
  const events = streamOf(run);

  it('has the data of the server at the end, whenever its state was read', () => {
    for (const [readAt, answer] of answers.entries()) {
      let [state, dataSteps] = [answer, answer.step_count];
      for (const [index, event] of events.entries()) {
        state = stateAfter(state, event, dataSteps);
        // Then the page reads the state again, with its data.
        if (index > readAt && changesData(event)) {
          state = answers[index] as RunState;
          dataSteps = state.step_count;
        }
      }
      expect(state.data).toEqual(answers.at(-1)?.data);
    }
  });

  it('is at the node where the server has it after each event that is not read again', () => {
    let state = answers[0] as RunState;
    for (const [index, event] of events.entries()) {
      const answer = answers[index] as RunState;
      state = isTold(event) ? stateAfter(state, event, state.step_count) : answer;
      const { data, step_count, current_node } = answer;
      expect(state).toMatchObject({ data, step_count, current_node });
    }
  });
});
