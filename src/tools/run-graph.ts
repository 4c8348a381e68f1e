import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import type { Json } from '../core/base/json.js';
import { defineTool, UNUSED_SETTINGS } from '../core/tool/tool.js';
import { wait } from '../core/tool/wait.js';

/** Runs another graph as a step. */
export const runGraph = defineTool({
  name: 'run_graph',
  description: 'Runs another graph as this step, in a run of its own; its data becomes data[save_as].',
  params: z.strictObject({
    graph_id: z.string().min(1).max(100),
    version: z.int().min(1).optional().describe('The latest at the call by default.'),
    input: z.unknown().optional().describe('Its input_data.'),
    save_as: z.string().min(1).max(200).optional().describe("The key of data; the node's name by default."),
  }),
  errors: ['child_failed', 'depth_exceeded'],
  [UNUSED_SETTINGS]: {
    timeout_seconds:
      'It limits the call of the tool, and not the run that follows. Use limits.deadline_seconds of the other graph.',
  },
  run: (_state, { params: { graph_id: graphId, version, input, save_as: saveAs } }) =>
    wait({ kind: 'graph', graphId, ...definedOnly({ version, input: input as Json | undefined, saveAs }) }),
});
