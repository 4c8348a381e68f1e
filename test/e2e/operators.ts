import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { countCalls } from '../helpers/traced-calls.js';
import { until } from '../helpers/until.js';
import { json, post } from './requests.js';

/** What each of them does to each server at most. */
const AT_MOST = 4;
/** Steps of a run that is paused: more than it gets done before. */
const ROUNDS = 30;

/** Its second step always fails. */
export const FAILING = {
  graph_id: 'failing',
  name: 'Failing',
  entry_point: 'begin',
  nodes: [
    { name: 'begin', tool_name: 'begin' },
    { name: 'breaks', tool_name: 'breaks' },
    { name: 'work', tool_name: 'work' },
  ],
  edges: [
    { from_node: 'begin', to_node: 'breaks' },
    { from_node: 'breaks', to_node: 'work' },
  ],
};

interface State {
  readonly status: string;
  readonly paused: boolean;
  readonly data: object;
}

/** What people do to runs while servers die: only what is acknowledged counts. */
export class Operators {
  /** Every run that was to be paused: without an answer it is not known whether it is. */
  readonly #asked = new Set<string>();
  /** Paused runs, with the calls that there were of each when that was acknowledged. */
  readonly #paused = new Map<string, number>();
  /** Those of them that a server has died since, with the calls by then. */
  readonly #resting = new Map<string, number>();
  /** Runs whose failed step has been given its result, with the calls of it by then. */
  readonly #corrected = new Map<string, number>();
  pauses = 0;

  /** @param cwd where tools leave a trace of their calls */
  constructor(private readonly cwd: string) {}

  /** Starts runs, and pauses each at some moment. Says which have been started. */
  async pauseSome(url: string, started: Map<string, number>): Promise<void> {
    for (let count = 0; count < AT_MOST; count++) {
      const rounds = count === 0 ? 0 : ROUNDS;
      const body = rounds === 0 ? { graph_id: 'mixed' } : { graph_id: 'traced', input_data: { rounds } };
      const { run_id: runId } = await json<{ run_id: string }>(post(`${url}/graph/run`, body));
      started.set(runId, rounds);
      await sleep(Math.random() * 20);
      this.#asked.add(runId);
      if ((await fetch(`${url}/graph/runs/${runId}/pause`, { method: 'POST' })).status !== 202) continue;
      this.#paused.set(runId, countCalls(this.cwd, runId));
    }
  }

  /** Has half of the runs go on that were paused before the last server died. */
  async unpauseSome(url: string): Promise<void> {
    for (const runId of [...this.#resting.keys()].filter(() => Math.random() < 0.5)) {
      // It can go on without an answer.
      this.#resting.delete(runId);
      expect(await unpause(url, runId)).toBe(202);
    }
  }

  /** Gives the steps of runs that failed their results. */
  async correctSome(url: string): Promise<void> {
    for (let count = 0; count < AT_MOST; count++) {
      const { run_id: runId } = await json<{ run_id: string }>(post(`${url}/graph/run`, { graph_id: 'failing' }));
      await until(async () => {
        const { status } = await json<State>(fetch(`${url}/graph/state/${runId}?wait=5`));
        return status === 'FAILED';
      });
      const correction = { data: { rounds: 6 }, result: { mended: runId } };
      expect((await post(`${url}/graph/runs/${runId}/retry`, correction)).status).toBe(202);
      this.#corrected.set(runId, countCalls(this.cwd, runId, 'breaks'));
    }
  }

  /** Looks at the trace after a server has died: of what is paused, nothing has begun. */
  checkRest(): void {
    for (const [runId, calls] of this.#resting) expect(countCalls(this.cwd, runId), runId).toBe(calls);
    for (const [runId, before] of this.#paused) {
      const calls = countCalls(this.cwd, runId);
      // A call can have begun while the request was answered.
      expect(calls, runId).toBeLessThanOrEqual(before + 1);
      this.#resting.set(runId, calls);
      this.pauses += 1;
    }
    this.#paused.clear();
  }

  /** Has all go on, by the last server; before, each of them still rests. */
  async unpauseAll(url: string): Promise<void> {
    this.checkRest();
    for (const runId of this.#resting.keys()) {
      const { status, paused } = await json<State>(fetch(`${url}/graph/state/${runId}`));
      expect({ paused, isOver: status === 'COMPLETED' }, runId).toEqual({ paused: true, isOver: false });
    }
    for (const runId of this.#resting.keys()) expect(await unpause(url, runId)).toBe(202);
    for (const runId of this.#asked) expect([202, 409]).toContain(await unpause(url, runId));
  }

  /** Checks that what was corrected has gone on with that, and that the step was not called again. */
  async checkCorrected(url: string): Promise<void> {
    expect(this.#corrected.size).toBeGreaterThan(0);
    for (const [runId, calls] of this.#corrected) {
      const state = await json<State>(fetch(`${url}/graph/state/${runId}?wait=5`));
      const data = { mended: runId, rounds: 7, seen: [`${runId}/3`] };
      expect(state).toMatchObject({ status: 'COMPLETED', data });
      expect(countCalls(this.cwd, runId, 'breaks'), runId).toBe(calls);
    }
  }
}

async function unpause(url: string, runId: string): Promise<number> {
  return (await fetch(`${url}/graph/runs/${runId}/unpause`, { method: 'POST' })).status;
}
