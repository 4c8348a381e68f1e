import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { until } from '../helpers/until.js';
import { json, post } from './requests.js';

/** That each server moves. */
const RUNS = 2;
/** Longest pause between two moves, in milliseconds: servers have other work. */
const PAUSE_MS = 200;
/** Three, so that a move that is lost leaves another version than one that is done without an answer. */
const VERSIONS = [1, 2, 3] as const;

/** Waits for a signal that nobody sends before the end, and says then which version it goes on with. */
const parkedIn = (version: number) => ({
  graph_id: 'parked',
  name: 'Parked',
  entry_point: 'wait',
  nodes: [
    { name: 'wait', tool_name: 'wait_for_signal', params: { name: 'go' } },
    { name: 'say', tool_name: 'set_data', params: { values: { version } } },
  ],
  edges: [{ from_node: 'wait', to_node: 'say' }],
});

/** Saves all versions of it. */
export async function saveParked(url: string): Promise<void> {
  expect((await post(`${url}/graph/create`, parkedIn(1))).status).toBe(201);
  for (const version of VERSIONS.slice(1)) {
    const body = JSON.stringify(parkedIn(version));
    const saved = await fetch(`${url}/graph/parked`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(saved.status).toBe(200);
  }
}

interface Migration {
  readonly results: readonly { readonly run_id: string; readonly moved: boolean }[];
}
interface Row {
  readonly run_id: string;
  readonly graph_version: number;
}

/** Moves runs from version to version while servers die. */
export class Movers {
  /** Runs with the version that the last acknowledged move has brought them to. */
  readonly #versions = new Map<string, number>();
  /** Those that the present server moves: journals stay short. */
  #current: string[] = [];
  #target = 2;
  moves = 0;

  /** Moves some runs to the next version. */
  async moveSome(url: string): Promise<void> {
    while (this.#current.length < RUNS) {
      const started = post(`${url}/graph/run`, { graph_id: 'parked', version: 1 });
      const { run_id } = await json<{ run_id: string }>(started);
      this.#versions.set(run_id, 1);
      this.#current.push(run_id);
    }
    await sleep(Math.random() * PAUSE_MS);
    const body = { to_version: this.#target, run_ids: this.#current, dry_run: false };
    const { results } = await json<Migration>(post(`${url}/graph/parked/migrate`, body));
    for (const { run_id } of results.filter(({ moved }) => moved)) {
      this.#versions.set(run_id, this.#target);
      this.moves += 1;
    }
    this.#target = (this.#target % VERSIONS.length) + 1;
  }

  /** After a server has died: the row of a run and its journal agree, and no acknowledged move is lost. */
  async check(url: string): Promise<void> {
    const { runs } = await json<{ runs: Row[] }>(fetch(`${url}/graph/runs?graph_id=parked&limit=200`));
    for (const { run_id, graph_version } of runs) {
      expect((await json<Row>(fetch(`${url}/graph/state/${run_id}`))).graph_version, run_id).toBe(graph_version);
      const acknowledged = this.#versions.get(run_id);
      // The last request can have been done without an answer.
      if (acknowledged !== undefined) expect([acknowledged, this.#target], run_id).toContain(graph_version);
      this.#versions.set(run_id, graph_version);
    }
    this.#current = [];
    this.#target = 2;
  }

  /** Has all runs go on: each with the version that it was moved to. */
  async finish(url: string): Promise<void> {
    await this.check(url);
    expect(this.#versions.size).toBeGreaterThan(RUNS);
    for (const [runId, version] of this.#versions) {
      expect((await post(`${url}/graph/runs/${runId}/signals/go`, {})).status).toBe(202);
      const state = await until(async () => {
        const found = await json<{ status: string }>(fetch(`${url}/graph/state/${runId}?wait=5`));
        return found.status === 'COMPLETED' ? found : undefined;
      }, 60_000);
      expect(state).toMatchObject({ graph_version: version, data: { version } });
    }
  }
}
