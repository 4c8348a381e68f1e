import { describe, expect, it } from 'vitest';
import type { InSlices } from '../../src/core/base/steps.js';
import { finishSteps } from '../../src/core/base/steps.js';
import type { CompiledNode } from '../../src/core/graph/compile.js';
import { blankRun } from '../../src/core/run/blank-run.js';
import { defineTool, SCHEMA_PARAMS } from '../../src/core/tool/tool.js';
import { ToolCall } from '../../src/executor/tool-call.js';
import { RunOutput } from '../../src/runs/run-output.js';
import { LocalSignals } from '../../src/store/local-signals.js';
import { gate } from '../helpers/tools.js';

/** A call of a tool with a JSON Schema among its params, which is compiled when the test says so. */
function startCall() {
  const called: unknown[] = [];
  const tool = defineTool({
    name: 'ask',
    [SCHEMA_PARAMS]: ['schema'],
    run: (_, { params }) => void called.push(params),
  });
  const params = { isStatic: true, preview: { schema: { type: 'string' } }, secretNames: [] };
  const node = { name: 'ask', toolName: 'ask', tool, params } as unknown as CompiledNode;
  const compiling = gate();
  const inSlices: InSlices = async (steps) => {
    await compiling.promise;
    return finishSteps(steps);
  };
  const output = new RunOutput({ signals: new LocalSignals(), now: Date.now });
  const call = new ToolCall(node, { node: 'ask', step: 1, attempt: 1, tries: 1 }, 1000, {}, inSlices, output);
  return { call, called, compiling, result: call.run(blankRun('r'), 0) };
}

describe('a call whose params hold a JSON Schema', () => {
  it('is made once that is compiled', async () => {
    const { called, compiling, result } = startCall();
    expect(called).toEqual([]);
    compiling.open();
    expect(await result).toMatchObject({ kind: 'returned' });
    expect(called).toEqual([{ schema: { type: 'string' } }]);
  });

  it.each(['abort', 'abandon'] as const)('is not made any more after %s', async (how) => {
    const { call, called, compiling, result } = startCall();
    if (how === 'abort') call.abort('cancel');
    else call.abandon();
    compiling.open();
    expect(await result).toBeUndefined();
    expect(called).toEqual([]);
  });
});
