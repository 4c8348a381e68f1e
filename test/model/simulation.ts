import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { EngineError } from '../../src/core/base/errors.js';
import type { Json } from '../../src/core/base/json.js';
import type { Replayed } from '../../src/core/replay/replayed.js';
import { isFinished, type RunState, statusOf, waitOf } from '../../src/core/run/state.js';
import { createRegistry } from '../../src/core/tool/registry.js';
import { defineTool, type ToolContext } from '../../src/core/tool/tool.js';
import type { Unit } from '../../src/store/store.js';
import { builtInTools } from '../../src/tools/built-in-tools.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { type FlatRun, flatten } from '../helpers/flat-run.js';
import { recordingOf, replayOf } from '../helpers/replayed.js';
import { temporaryFolder } from '../helpers/temporary-folder.js';
import { conditions, endCall, readOutcome } from './engine-parts.js';
import {
  answerAt,
  behaviourAt,
  type Case,
  callAt,
  type Death,
  durationAt,
  mayDie,
  type Outcome,
  RETRY_GAP_MS,
  type Sent,
  signalAt,
  type Toggle,
} from './script.js';

const START = Date.UTC(2026, 0, 1);
/**
 * Turns of the event loop without a commit or a call, after which nothing goes on before the clock does. Work that has
 * used up its turn rests for 64 of them before the next, and can do so twice before it commits.
 */
const IDLE_TURNS = 140;
/** More moments than any generated run has. */
const MAX_MOMENTS = 5000;
/** More turns of the event loop than a run takes at one moment. */
const MAX_TURNS = 5000;

/** A migrated database to begin with: making one takes as long as most cases. */
let empty: string | undefined;

async function emptyDatabase(): Promise<string> {
  const { path, stop } = await startEngine();
  await stop();
  return path;
}

/** What became of a run, and when its servers died. */
interface Simulated {
  readonly outcome: Outcome;
  readonly deaths: readonly Death[];
  /** What a replay of it through its own graphs says. */
  readonly replayed: Replayed;
}

/** Runs a case on a whole engine, under a clock that moves only when nothing is left to do. */
export async function simulate(generated: Case): Promise<Simulated> {
  const folder = temporaryFolder();
  const path = join(folder, 'workflow.db');
  empty ??= await emptyDatabase();
  copyFileSync(empty, path);
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: START });
  const simulation = new Simulation(generated, path);
  try {
    return await simulation.run();
  } finally {
    await simulation.close();
    vi.useRealTimers();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Replays ask conditions, and no tool of ours. */
const registry = createRegistry([
  ...builtInTools({ now: () => START, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }),
  ...conditions,
]);

class Simulation {
  #server: TestEngine | undefined;
  /** Of servers: those before the last are dead. */
  #generation = 0;
  #isDead = false;
  #activity = 0;
  #commits = Number.NaN;
  #round = 0;
  #topId = '';
  #isTopFinished = false;
  #cancelling: NodeJS.Timeout | undefined;
  readonly #requests = new Set<Promise<void>>();
  readonly #answered = new Set<string>();
  /** When calls end, of this server and of the one that has just died. */
  readonly #calls = new Map<string, number>();
  #interrupted = { at: 0, calls: new Map<string, number>() };
  /** What was stored of each run last. */
  readonly #states = new Map<string, RunState>();
  readonly #deaths: Death[] = [];
  /** Runs that were recovered before without getting on. */
  readonly #suspects = new Set<string>();

  constructor(
    private readonly generated: Case,
    private readonly path: string,
  ) {}

  async run(): Promise<Simulated> {
    await this.#start();
    const { graphs, input, maxSteps, deadlineSeconds, restarts } = this.generated;
    for (const graph of graphs) await this.#engine.createGraph(graph);
    const limits = { max_steps: maxSteps, ...(deadlineSeconds !== null && { deadline_seconds: deadlineSeconds }) };
    this.#topId = (await this.#engine.startRun({ graphId: 'main', inputData: input, limits })).runId;
    this.#commits = 0;
    for (const after of restarts) setTimeout(() => this.#die(), after);
    for (const sent of this.generated.signals ?? []) this.#planSignal(sent);
    for (const toggle of this.generated.toggles) this.#planToggle(toggle);
    this.#planCancel();
    for (let moments = 0; ; moments++) {
      await this.#rest();
      if (this.#isTopFinished) this.#planRetry();
      if (vi.getTimerCount() === 0) break;
      if (moments > MAX_MOMENTS) throw new Error('the run does not come to rest');
      vi.advanceTimersToNextTimer();
    }
    const outcome = await readOutcome(this.#engine, this.#topId, START);
    const { store } = this.#server!;
    const replayed = await replayOf(store, registry, await recordingOf(store, this.#topId));
    return { outcome, deaths: this.#deaths, replayed };
  }

  /** Ends the server, whatever it is at. */
  async close(): Promise<void> {
    this.#isDead = true;
    await this.#server?.store.close();
    void this.#server?.drain(0);
  }

  get #engine() {
    return this.#server!.engine;
  }

  async #start(): Promise<void> {
    const generation = ++this.#generation;
    const definitions = [this.#tool(generation), ...conditions];
    const server = await startEngine({ definitions, path: this.path, random: () => 0.5 });
    const { store } = server;
    const commit = store.commit.bind(store);
    store.commit = async (unit) => {
      this.#activity += 1;
      if (this.generated.crashes.includes(++this.#commits) && generation === this.#generation) this.#die();
      if (this.#isDead || generation !== this.#generation) throw new Error('the server is dead');
      for (const { state } of unit.appends) this.#suspect(state);
      await commit(unit);
      this.#activity += 1;
      this.#committed(unit);
    };
    this.#server = server;
    // Requests that were cut off go to this one.
    this.#isDead = false;
  }

  /** The server dies as it stands. What it had not committed is lost. */
  #die(): void {
    // Recovered runs that have not got on go one at a time, which takes its own time.
    if (this.#isDead || this.#suspects.size > 1) return;
    this.#isDead = true;
    this.#deaths.push({ at: Date.now() - START, open: this.#openCalls() });
    this.#request(async () => {
      const { store, drain } = this.#server!;
      await store.close();
      void drain(0);
      const before = this.#interrupted.at === Date.now() ? this.#interrupted.calls : [];
      this.#interrupted = { at: Date.now(), calls: new Map([...before, ...this.#calls]) };
      this.#calls.clear();
      await this.#start();
    });
  }

  /** The calls whose end is not stored. */
  #openCalls(): string[] {
    return [...this.#states.values()].flatMap(({ runId, phase }) =>
      phase.kind === 'calling' ? [callAt(this.#pathOf(runId), phase.cursor.step, phase.cursor.attempt)] : [],
    );
  }

  #pathOf(runId: string): readonly number[] {
    const { parent } = this.#states.get(runId)!;
    return parent === null ? [] : [...this.#pathOf(parent.run_id), parent.index];
  }

  #request(work: () => Promise<void>): void {
    const request = work().finally(() => this.#requests.delete(request));
    this.#requests.add(request);
  }

  /** Asks the engine for something; again if it dies meanwhile. Says whether it was done. */
  async #ask(request: () => Promise<unknown>, ...refusals: readonly string[]): Promise<boolean> {
    for (;;) {
      const generation = this.#generation;
      try {
        await request();
        return true;
      } catch (error) {
        if (error instanceof EngineError && refusals.includes(error.code)) return false;
        if (!this.#isDead && generation === this.#generation) throw error;
        while (this.#isDead) await nextTurn();
      }
    }
  }

  async #rest(): Promise<void> {
    for (let idle = 0, turns = 0; idle < IDLE_TURNS; turns++) {
      const before = this.#activity;
      await nextTurn();
      idle = before === this.#activity && this.#requests.size === 0 ? idle + 1 : 0;
      if (turns > MAX_TURNS) throw new Error('the engine is busy without end');
    }
  }

  #planCancel(): void {
    const { cancelAfter } = this.generated.rounds[this.#round]!;
    if (cancelAfter === null) return;
    const cancel = () => this.#engine.cancelRun(this.#topId);
    const plan = async () => void (await this.#ask(cancel, 'run_finished'));
    this.#cancelling = setTimeout(() => this.#request(plan), cancelAfter);
  }

  #planRetry(): void {
    this.#isTopFinished = false;
    clearTimeout(this.#cancelling);
    const round = this.generated.rounds[++this.#round];
    if (round === undefined) return;
    const limits = round.maxSteps === null ? {} : { limits: { max_steps: round.maxSteps } };
    const { data, result } = round;
    const correction = { ...(data !== null && { data }), ...(result !== null && { result }) };
    const retry = (how: object) => () => this.#engine.retryRun(this.#topId, { ...limits, ...how });
    const refused = ['run_not_retryable', 'limits_too_low', 'retry_impossible'];
    const plan = async () => {
      // Where the correction is not taken, it is retried without.
      if ((await this.#ask(retry(correction), ...refused)) || (await this.#ask(retry({}), ...refused))) {
        this.#planCancel();
      }
    };
    setTimeout(() => this.#request(plan), RETRY_GAP_MS);
  }

  #suspect({ runId, recoveries }: RunState): void {
    if (recoveries > 0) this.#suspects.add(runId);
    else this.#suspects.delete(runId);
  }

  #committed({ appends }: Unit): void {
    for (const { state } of appends) {
      this.#states.set(state.runId, state);
      if (state.runId === this.#topId) this.#isTopFinished = isFinished(statusOf(state));
      const kind = waitOf(state)?.kind;
      if (kind === 'input' || (kind === 'signal' && state.parent !== null)) this.#planAnswer(flatten(state));
    }
  }

  #planToggle({ after, pauses, path }: Toggle): void {
    const toggle = async () => {
      const runId = await this.#find(path);
      if (runId === undefined) return;
      await (pauses ? this.#engine.pauseRun(runId) : this.#engine.unpauseRun(runId));
    };
    const plan = async () => void (await this.#ask(toggle, 'run_finished'));
    setTimeout(() => this.#request(plan), after);
  }

  /** The run at a path: of several the latest, since those before have ended. */
  async #find(path: readonly number[]): Promise<string | undefined> {
    let runId: string | undefined = this.#topId;
    for (const index of path) {
      if (runId === undefined) return undefined;
      const { runs } = await this.#engine.listRuns({ parentRunId: runId, limit: 1000 });
      runId = runs.find(({ childIndex }) => childIndex === index)?.runId;
    }
    return runId;
  }

  /** Sends a signal as programs do: with a key, and again if no answer comes. */
  #planSignal({ after, name, payload }: Sent): void {
    const idempotency = { key: `signal at ${after}`, fingerprint: name };
    const send = () => this.#engine.sendSignal(this.#topId, { name, payload, idempotency });
    const plan = async () => void (await this.#ask(send, 'run_finished', 'invalid_answer'));
    setTimeout(() => this.#request(plan), after);
  }

  /** Ends a wait of a run inside the run, unless it is over by then. */
  async #endWait(runId: string, id: string, payload: number): Promise<void> {
    const { waiting } = flatten((await this.#engine.getState(runId)).state);
    const { id: open, signal: name = '' } = waiting ?? {};
    if (open !== id) return;
    const send = (what: Json) => () => this.#engine.sendSignal(runId, { name, payload: what });
    const refused = ['run_finished', 'invalid_answer'];
    if (await this.#ask(send('misfit'), ...refused)) throw new Error('a signal that does not fit was taken');
    await this.#ask(send(payload), ...refused);
  }

  #planAnswer({ runId, waiting, cursor, parent }: FlatRun): void {
    const { id = '', node = '', since = 0 } = waiting ?? {};
    const { step = 0 } = cursor ?? {};
    if (!this.generated.answered.includes(node) || this.#answered.has(`${runId} ${id}`)) return;
    this.#answered.add(`${runId} ${id}`);
    const index = parent?.kind === 'branch' ? parent.index : undefined;
    const takes = durationAt({ node, step, attempt: 0, index });
    const refused = ['run_not_waiting', 'invalid_answer'];
    const answer = (payload: string | number) =>
      this.#ask(() => this.#engine.resumeRun(runId, { payload, waitId: id }), ...refused);
    const plan = async () => {
      if (waiting?.kind === 'signal') return this.#endWait(runId, id, signalAt({ node, step, attempt: 0, index }));
      if (await answer(0)) throw new Error('an answer that does not fit was taken');
      await answer(answerAt({ node, step, attempt: 0, index }) as string);
    };
    setTimeout(() => this.#request(plan), since + takes - Date.now());
  }

  #tool(generation: number) {
    return defineTool({
      name: 'scripted',
      run: ({ data }, context) => {
        this.#activity += 1;
        const step = Number(context.idempotencyKey.split('/')[1]);
        const place = { node: context.node, step, attempt: context.attempt, index: context.index };
        const behaviour = behaviourAt(this.generated.script, place);
        const log = () => behaviour.logs && context.log(`try ${context.attempt}`);
        const logsLate = mayDie(this.generated);
        if (!logsLate) log();
        const end = () => {
          if (logsLate) log();
          return endCall(behaviour, data, context.params);
        };
        const { does, isSync, isStubborn } = behaviour;
        if (does !== 'hang' && isSync && step > 1) return end();
        const takes = does === 'hang' ? Number.POSITIVE_INFINITY : durationAt(place);
        return this.#take(generation, takes, context, !isStubborn).then(end);
      },
    });
  }

  /** Lets a call take its time; one that is made again after a crash ends when the first would have. */
  #take(generation: number, ms: number, context: ToolContext, heedsSignal: boolean): Promise<void> {
    const { idempotencyKey, attempt, signal } = context;
    const key = `${idempotencyKey}/${attempt}`;
    const { at, calls } = this.#interrupted;
    const ends = (at === Date.now() ? calls.get(key) : undefined) ?? Date.now() + ms;
    this.#calls.set(key, ends);
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        clearTimeout(timer);
        if (generation !== this.#generation || this.#isDead) return;
        this.#activity += 1;
        how();
      };
      const timer = Number.isFinite(ends) ? setTimeout(() => settle(resolve), ends - Date.now()) : undefined;
      const letGo = () => {
        this.#calls.delete(key);
        reject(signal.reason);
      };
      signal.addEventListener('abort', () => heedsSignal && settle(letGo));
    });
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
