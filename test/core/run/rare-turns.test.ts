import { expect, it } from 'vitest';
import { blankRun } from '../../../src/core/run/blank-run.js';
import { findFault } from '../../../src/core/run/correction.js';
import { payloadOf, type RunEvent } from '../../../src/core/run/events.js';
import { takeResult } from '../../../src/core/run/retry-point.js';
import type { Cursor } from '../../../src/core/run/state.js';
import { StepReader } from '../../../src/core/run/steps.js';
import { goOn, visitOf } from '../../../src/core/run/visit.js';
import { compiled, RunDriver, START } from '../../helpers/run-driver.js';

const CURSOR: Cursor = { node: 'a', step: 1, attempt: 1, tries: 1 };

it('a step whose answer or result is known can be given another result', () => {
  const state = blankRun('run-1');
  expect(findFault(state, { kind: 'answered', cursor: CURSOR, key: 'k', value: 1 }, { result: {} })).toBeUndefined();
  expect(findFault(state, { kind: 'resolved', cursor: CURSOR, patch: {} }, { result: {} })).toBeUndefined();
});

it('a run that has come to no step takes no result', () => {
  const at = { kind: 'starting', cursor: null } as const;
  expect(takeResult(at, { a: 1 })).toBe(at);
});

it('a step that is over stays so when the run comes to a limit before its branches', () => {
  const events: RunEvent[] = [
    { type: 'run.started', next: 'a' },
    { type: 'step.completed', step: 1, node: 'a', attempt: 1, patch: {}, logs: [], decision: null, next: null },
    { type: 'limit.reached', limit: 'max_tokens', message: 'Too many.', step: 1, node: 'a' },
    { type: 'run.paused', node: 'a' },
  ];
  const reader = new StepReader(0);
  for (const [index, event] of events.entries()) {
    reader.read({ seq: index + 2, time: index, event, payload: payloadOf(event), logEnd: 0 });
  }
  expect(reader.current).toMatchObject({ status: 'COMPLETED' });
});

it('a way that sets nothing is gone as any other', () => {
  const nodes = ['a', 'b'].map((name) => ({ name, tool_name: 'work' }));
  const graph = compiled({ entry_point: 'a', nodes, edges: [] }, [{ name: 'work', run: () => ({}) }]);
  const run = new RunDriver(graph);
  run.append({ type: 'run.started', next: 'a' });
  const visit = visitOf(graph, run.state, { now: START, random: 0 });
  const failed: RunEvent = {
    type: 'step.failed',
    step: 1,
    node: 'a',
    attempt: 1,
    logs: [],
    error: { code: 'tool_failed', message: 'boom', node: 'a', step: 1 },
  };
  expect(goOn(visit!, failed, 'b')).toEqual([{ ...failed, next: 'b' }]);
});
