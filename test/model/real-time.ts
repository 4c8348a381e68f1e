import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '../../src/core/base/errors.js';
import type { GraphDefinition, RetryPolicy } from '../../src/core/graph/definition.js';
import { isFinished, statusOf } from '../../src/core/run/state.js';
import { defineTool } from '../../src/core/tool/tool.js';
import type { Engine } from '../../src/engine/engine.js';
import { startEngine, type TestEngine } from '../helpers/engine.js';
import { flatten } from '../helpers/flat-run.js';
import { conditions, endCall, readOutcome } from './engine-parts.js';
import { answerAt, behaviourAt, type Case, durationAt, gentle, type Outcome, signalAt } from './script.js';

/** Real time is this part of the time that a case has. */
const PACE = 0.1;
const LOOK_MS = 50;

/**
 * A case whose end does not depend on how long something takes: nobody cancels, nothing times out, every wait is
 * answered. What is left to do takes less time.
 */
export function calm(generated: Case): Case {
  const tools = ['wait_for_input', 'wait_for_signal'];
  const waits = generated.graphs.flatMap(({ nodes }) => nodes.filter((node) => tools.includes(node.tool_name)));
  return {
    ...generated,
    graphs: generated.graphs.map((graph) => ({ ...graph, nodes: graph.nodes.map(hasten) })),
    script: Object.fromEntries(Object.entries(generated.script).map(([node, does]) => [node, does.map(gentle)])),
    signals: null,
    answered: waits.map(({ name }) => name),
    deadlineSeconds: null,
    rounds: [{ cancelAfter: null, maxSteps: null, data: null, result: null }],
    toggles: [],
    restarts: [],
    // The server may die at any time.
    crashes: [1],
  };
}

function hasten({ timeout_seconds: _, ...node }: GraphDefinition['nodes'][number]): GraphDefinition['nodes'][number] {
  const { params, retry } = node;
  const { expires_in_seconds: __, ...kept } = params ?? {};
  const { seconds } = kept;
  const shorter = typeof seconds === 'string' ? { seconds: `\${ ${PACE} * (${seconds.slice(2, -1)}) }` } : {};
  return {
    ...node,
    ...(params && { params: { ...kept, ...shorter } }),
    ...(retry && { retry: Array.isArray(retry) ? retry.map(hurried) : hurried(retry) }),
  };
}

function hurried<T extends RetryPolicy>(policy: T): T {
  return { ...policy, interval_seconds: policy.interval_seconds * PACE };
}

/** Two engines on one database, one of which can die. Any of them may drive any run. */
export class Pair {
  #engines: TestEngine[] = [];

  private constructor(
    private readonly path: string,
    private readonly cases: readonly Case[],
  ) {}

  static async start(path: string, cases: readonly Case[]): Promise<Pair> {
    const pair = new Pair(path, cases);
    await pair.#add();
    await pair.#add();
    return pair;
  }

  /** One of them dies as it stands, and another one takes its place. */
  async killOne(): Promise<void> {
    const [dead] = this.#engines.splice(Math.floor(Math.random() * this.#engines.length), 1);
    // Without the database, nothing that it still does has an effect.
    await dead!.close();
    void dead!.drain(0).catch(() => undefined);
    await this.#add();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.stop(0)));
  }

  /** How many runs the engines that live have taken over. */
  takeovers(): number {
    return this.#engines.reduce((sum, { sharingFigures }) => sum + (sharingFigures?.().takeovers ?? 0), 0);
  }

  /** Starts the run of a case; resolves with its id. */
  async begin(index: number): Promise<string> {
    const { graphs, input, maxSteps } = this.cases[index]!;
    for (const graph of graphs) await this.#ask((engine) => engine.createGraph(ofCase(graph, index)));
    const request = { graphId: `main-case${index}`, inputData: input, limits: { max_steps: maxSteps } };
    const { runId } = await this.#ask((engine) => engine.startRun(request));
    return runId;
  }

  /** Resolves with what became of a run when it has ended. */
  async end(runId: string): Promise<Outcome> {
    await this.#waitForEnd(runId);
    return this.#ask((engine) => readOutcome(engine, runId, 0));
  }

  /** Answers all waits for input, and ends all those for signals, until it is told to stop. */
  async answerAll(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      for (const waitingFor of ['input', 'signal'] as const) {
        const { runs } = await this.#ask((engine) => engine.listRuns({ waitingFor, limit: 200 }));
        await Promise.all(runs.map(({ runId }) => this.#answer(runId)));
      }
      await sleep(LOOK_MS);
    }
  }

  async #answer(runId: string): Promise<void> {
    const { state } = await this.#ask((engine) => engine.getState(runId));
    const { waiting, cursor } = flatten(state);
    if (waiting?.kind !== 'input' && waiting?.kind !== 'signal') return;
    const { id, node, signal: name = '' } = waiting;
    const place = { node, step: cursor?.step ?? 0, attempt: 0 };
    // The key keeps a request whose engine died from sending it twice.
    const signal = { name, payload: signalAt(place), idempotency: { key: id, fingerprint: name } };
    const answer = { payload: answerAt(place), waitId: id };
    try {
      await this.#ask(async (engine) => {
        await (waiting.kind === 'signal' ? engine.sendSignal(runId, signal) : engine.resumeRun(runId, answer));
      });
    } catch (thrown) {
      // It was answered before, by a request whose engine died.
      if (!(thrown instanceof EngineError)) throw thrown;
    }
  }

  async #waitForEnd(runId: string): Promise<void> {
    for (;;) {
      const { state } = await this.#ask((engine) => engine.getState(runId, { waitSeconds: 1 }));
      if (isFinished(statusOf(state))) return;
      await sleep(LOOK_MS);
    }
  }

  /** Asks one of them; another one, if that dies meanwhile. */
  async #ask<T>(request: (engine: Engine) => Promise<T>): Promise<T> {
    for (;;) {
      const asked = this.#engines[Math.floor(Math.random() * this.#engines.length)]!;
      try {
        return await request(asked.engine);
      } catch (thrown) {
        if (this.#engines.includes(asked)) throw thrown;
      }
    }
  }

  async #add(): Promise<void> {
    const definitions = [...this.cases.map(scripted), ...conditions];
    this.#engines.push(await startEngine({ definitions, path: this.path, random: () => 0.5 }));
  }
}

/** The graph under a name of its own, and with the tool of its case. */
function ofCase(graph: GraphDefinition, index: number): GraphDefinition {
  const text = JSON.stringify(graph).replaceAll(/"(main|sub-\d+)"/g, `"$1-case${index}"`);
  return JSON.parse(text.replaceAll('"scripted"', `"scripted_case${index}"`));
}

function scripted({ script }: Case, index: number) {
  return defineTool({
    name: `scripted_case${index}`,
    async run({ data }, { idempotencyKey, node, attempt, index: branch, log, params }) {
      const place = { node, step: Number(idempotencyKey.split('/')[1]), attempt, index: branch };
      const behaviour = behaviourAt(script, place);
      await sleep(durationAt(place) * PACE);
      if (behaviour.logs) log(`try ${attempt}`);
      return endCall(behaviour, data, params);
    },
  });
}
