import { afterAll, beforeAll } from 'vitest';
import type { Json } from '../../../src/core/base/json.js';
import { finishSteps } from '../../../src/core/base/steps.js';
import { type CompiledGraph, compileGraph } from '../../../src/core/graph/compile.js';
import { type GraphDefinition, graphDefinitionSchema } from '../../../src/core/graph/definition.js';
import type { Recording } from '../../../src/core/replay/recording.js';
import type { HowToReplay } from '../../../src/core/replay/replay.js';
import type { Replayed } from '../../../src/core/replay/replayed.js';
import { isFinished, statusOf, waitOf } from '../../../src/core/run/state.js';
import { createRegistry, type Registrable } from '../../../src/core/tool/registry.js';
import type { Engine } from '../../../src/engine/engine.js';
import { builtInTools } from '../../../src/tools/built-in-tools.js';
import { startEngine, type TestEngine } from '../../helpers/engine.js';
import { recordingOf, replayOf } from '../../helpers/replayed.js';
import { until } from '../../helpers/until.js';

/** A graph document; what is always the same is left out. */
export type Document = Partial<Record<keyof GraphDefinition, unknown>>;

interface Started {
  readonly engine: Engine;
  readonly runId: string;
  /** Resolves when the run waits. */
  waits(): Promise<void>;
  /** Resolves when the run has ended. */
  ends(): Promise<void>;
}

/** Runs that are made on a real engine, one for all tests of a file, and replayed. */
export interface Replays {
  readonly parts: TestEngine;
  /** Has a graph run to its end, or as far as `during` leads it. */
  record(document: Document, input?: Json, during?: (started: Started) => Promise<unknown>): Promise<Recording>;
  /** Another version of a graph. */
  version(document: Document): CompiledGraph;
  replay(recording: Recording, how?: HowToReplay, registered?: readonly Registrable[]): Promise<Replayed>;
}

/** Starts the engine before the tests of a file, and stops it after them. */
export function useReplays(definitions: readonly Registrable[]): Replays {
  let parts: TestEngine;
  let graphs = 0;
  beforeAll(async () => {
    parts = await startEngine({ definitions });
  });
  afterAll(() => parts.stop(0));
  const registryOf = (registered: readonly Registrable[]) =>
    createRegistry([
      ...builtInTools({ now: Date.now, httpAllow: [], llmBaseUrl: 'http://127.0.0.1:9/v1' }),
      ...registered,
    ]);
  return {
    get parts() {
      return parts;
    },
    async record(document, inputData = null, during = ({ ends }) => ends()) {
      const { engine } = parts;
      graphs += 1;
      const { graphId } = await engine.createGraph(
        graphDefinitionSchema.parse({ name: `graph ${graphs}`, ...document }),
      );
      const { runId } = await engine.startRun({ graphId, inputData });
      const reaches = (isThere: (state: Awaited<ReturnType<Engine['getState']>>['state']) => boolean) => async () =>
        void (await until(async () => isThere((await engine.getState(runId)).state)));
      await during({
        engine,
        runId,
        waits: reaches((state) => waitOf(state) !== null),
        ends: reaches((state) => isFinished(statusOf(state))),
      });
      return recordingOf(parts.store, runId);
    },
    version(document) {
      const definition = graphDefinitionSchema.parse({ name: 'another version', ...document });
      const steps = compileGraph(definition, registryOf(definitions), { graphId: 'another', version: 2 });
      return finishSteps(steps);
    },
    replay: (recording, how, registered = definitions) => replayOf(parts.store, registryOf(registered), recording, how),
  };
}
