import type { JsonObject } from '../../src/core/base/json.js';
import { defineCondition } from '../../src/core/tool/tool.js';
import { FatalError, RetryableError } from '../../src/core/tool/tool-errors.js';
import type { Engine } from '../../src/engine/engine.js';
import { flatten } from '../helpers/flat-run.js';
import { type Behaviour, type Outcome, patchOf } from './script.js';

/** What a call does in the end. */
export function endCall(behaviour: Behaviour, data: JsonObject, params: JsonObject): never {
  const { does, value } = behaviour;
  const message = `no ${value}`;
  if (does === 'throw') throw new Error(message);
  if (does === 'fatal') throw new FatalError(message);
  if (does === 'retryable') throw new RetryableError(message, { retryAfterSeconds: value * 0.3 });
  const kind = { code: does, details: { value } };
  if (does === 'refuse') throw new FatalError(message, kind);
  if (does === 'complain') throw Object.assign(new Error(message), kind);
  return patchOf(behaviour, data, params) as never;
}

/** What became of a run, with times from a start on. */
export async function readOutcome(engine: Engine, runId: string, start: number): Promise<Outcome> {
  const { state, logs } = await engine.getState(runId);
  const { steps } = await engine.listSteps(runId, { limit: 10_000 });
  const { runs } = await engine.listRuns({ parentRunId: runId, limit: 1000 });
  const children: Outcome[] = [];
  for (const { runId: childId } of [...runs].reverse()) children.push(await readOutcome(engine, childId, start));
  const { status, data, error, stepCount, finishedAt, inbox, paused: isPaused } = flatten(state);
  const lists = Object.entries(inbox?.kept ?? {}).map(([name, list]) => [name, list.map(({ payload }) => payload)]);
  const nodes = steps.map(({ node }) => node);
  const end = finishedAt === null ? null : finishedAt - start;
  const kept = Object.fromEntries(lists);
  return { status, data, error, stepCount, nodes, logs, finishedAt: end, isPaused, kept, children };
}

/** The conditions that graphs name. */
export const conditions = [
  defineCondition({ name: 'many', outcomes: ['yes', 'no'], choose: ({ data }) => ((data.n ?? 0) > 2 ? 'yes' : 'no') }),
  defineCondition({
    name: 'broken',
    choose: () => {
      throw new Error('undecided');
    },
  }),
  defineCondition({ name: 'lost', choose: () => 'nowhere' }),
  defineCondition({ name: 'numeric', choose: () => 5 as never }),
];
