import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/run/events.js';
import { isFinished, type RunState, statusOf } from '../../../src/core/run/state.js';
import type { Claim } from '../../../src/store/queue.js';
import type { Unit } from '../../../src/store/store.js';
import { findPostgres } from '../../helpers/postgres.js';
import { until } from '../../helpers/until.js';
import { COMPLETED, follow, graph, newRun, STARTED, waits } from '../runs.js';
import { openQueue, type QueueOnPostgres } from './open-queue.js';

const postgres = await findPostgres();

const RUNS = 120;
const SLOTS = 15;

/** Drives runs as processes do: parks them, has them woken by others, gives them back, and ends them at last. */
class Drivers {
  readonly states = new Map<string, RunState>();
  readonly underWay = new Set<string>();
  readonly errors: unknown[] = [];
  /** Runs that wait until somebody wakes them. */
  readonly #resting = new Set<string>();
  /** What is still being done. */
  readonly #work = new Set<Promise<void>>();
  #isOver = false;
  claims = 0;

  constructor(private readonly processes: readonly QueueOnPostgres[]) {}

  async submit(): Promise<void> {
    const append = newRun();
    const { runId } = append.state;
    this.states.set(runId, append.state);
    await this.#any().store.commit({ appends: [append], wakes: [{ runId, at: 0 }] });
  }

  hasEnded(): boolean {
    return [...this.states.values()].every((state) => isFinished(statusOf(state)));
  }

  /** Takes what is due in one process, as much as it has room for. */
  async drive(process: QueueOnPostgres): Promise<void> {
    let busy = 0;
    while (!this.#isOver) {
      const claims = await process.queue.take(SLOTS - busy);
      for (const claim of claims) {
        busy += 1;
        this.#begin(async () => {
          await this.#step(process, claim).finally(() => {
            busy -= 1;
          });
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async end(loops: readonly Promise<void>[]): Promise<void> {
    this.#isOver = true;
    await Promise.all(loops);
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #any(): QueueOnPostgres {
    return this.processes[Math.floor(Math.random() * this.processes.length)]!;
  }

  #begin(work: () => Promise<void>): void {
    const promise = work()
      .catch((error: unknown) => void this.errors.push(error))
      .finally(() => this.#work.delete(promise));
    this.#work.add(promise);
  }

  async #step({ store, queue }: QueueOnPostgres, claim: Claim): Promise<void> {
    const { runId } = claim;
    this.claims += 1;
    if (this.underWay.has(runId)) throw new Error(`${runId} is driven twice.`);
    this.underWay.add(runId);
    const letGo = (at: number | null) => {
      this.underWay.delete(runId);
      return queue.giveBack(claim, at);
    };
    const append = async (event: RunEvent, unit: Omit<Unit, 'appends'> = {}) => {
      const next = follow(this.states.get(runId)!, [event], Date.now());
      if (unit.done !== undefined) this.underWay.delete(runId);
      this.states.set(runId, next.state);
      await store.commit({ ...unit, appends: [next] });
    };
    const state = this.states.get(runId)!;
    if (isFinished(statusOf(state)) || this.#resting.has(runId)) return letGo(null);
    if (statusOf(state) === 'SUBMITTED') await append(STARTED);
    else if (state.phase.kind === 'waiting') {
      const { until: at, id } = state.phase.wait;
      if (at !== null && at > Date.now()) return letGo(at);
      await append({ type: 'wait.ended', wait_id: id, outcome: 'elapsed' });
    }
    this.#wakeOthers();
    const { phase } = this.states.get(runId)!;
    if (phase.kind !== 'calling') return letGo(0);
    const { step, attempt } = phase.cursor;
    const choice = Math.random();
    if (choice < 0.25) return append(COMPLETED, { done: claim });
    if (choice < 0.5) {
      const at = Date.now() + Math.floor(Math.random() * 300);
      return append({ ...waits('timer', at), step, attempt } as RunEvent, { done: claim, wakes: [{ runId, at }] });
    }
    if (choice < 0.75) {
      this.#resting.add(runId);
      await append({ ...waits('timer'), step, attempt } as RunEvent, { done: claim });
      this.#resting.delete(runId);
      return this.#any().store.commit({ appends: [], wakes: [{ runId, at: 0 }] });
    }
    return letGo(choice < 0.9 ? 0 : Date.now() + 50);
  }

  /** Wakes runs whatever they are at, as children and people do. */
  #wakeOthers(): void {
    const runIds = [...this.states.keys()].filter(() => Math.random() < 3 / RUNS);
    const wakes = runIds.map((runId) => ({ runId, at: 0 }));
    this.#begin(() => this.#any().store.commit({ appends: [], wakes }));
  }
}

describe.skipIf(postgres === undefined)('a queue that three processes share', () => {
  const processes: QueueOnPostgres[] = [];
  afterEach(async () => {
    for (const { queue, store } of processes.splice(0)) {
      await queue.close();
      await store.close();
    }
  });

  it('loses no run and gives none out twice at a time, whoever wakes it when', async () => {
    const url = await postgres!.newSchema();
    for (let opened = 0; opened < 3; opened++) processes.push(await openQueue(url));
    await processes[0]!.store.createGraph(graph('g'));
    for (const { queue } of processes) await queue.open();
    const drivers = new Drivers(processes);
    const loops = processes.map((process) => drivers.drive(process));
    for (let made = 0; made < RUNS; made++) await drivers.submit();
    await until(() => drivers.hasEnded() || drivers.errors.length > 0, 30_000);
    await drivers.end(loops);
    expect(drivers.errors).toEqual([]);
    expect(drivers.claims).toBeGreaterThan(RUNS);
    for (const { queue, logger } of processes) {
      expect(queue.figures()).toMatchObject({ claimsHeld: 0, claimsLost: 0, takeovers: 0, reconciled: 0 });
      expect(logger.error).not.toHaveBeenCalled();
    }
  });
});
