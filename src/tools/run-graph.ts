import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import type { Json } from '../core/base/json.js';
import { metadataSchema, runLimitsSchema } from '../core/base/run-options.js';
import { defineTool, FOLLOWS_FROM_PARAMS, UNUSED_SETTINGS } from '../core/tool/tool.js';
import { wait } from '../core/tool/wait.js';

/** Runs another graph as a step, or starts it and goes on. */
export const runGraph = defineTool({
  name: 'run_graph',
  description:
    'Runs another graph as this step, in a run of its own; its data becomes data[save_as]. With "wait": false it only starts that run.',
  params: z.strictObject({
    graph_id: z.string().min(1).max(100),
    version: z.int().min(1).optional().describe('The latest at the call by default.'),
    input: z.unknown().optional().describe('Its input_data.'),
    limits: runLimitsSchema.optional().describe('They replace those of the graph, one by one.'),
    metadata: metadataSchema.optional().describe('Added to the metadata of this run, which the other one has too.'),
    wait: z
      .boolean()
      .optional()
      .describe('false: starts a run on its own, keeps { run_id }, and goes on. true by default.'),
    save_as: z.string().min(1).max(200).optional().describe("The key of data; the node's name by default."),
  }),
  errors: ['child_failed', 'depth_exceeded', 'queue_full'],
  [UNUSED_SETTINGS]: {
    timeout_seconds:
      'It limits the call of the tool, and not the run that follows. Use deadline_seconds in the param limits.',
  },
  [FOLLOWS_FROM_PARAMS]: true,
  run: (_state, { params: { graph_id: graphId, input, wait: isAwaited, save_as: saveAs, ...given } }) =>
    wait({
      kind: 'graph',
      graphId,
      ...definedOnly({
        ...given,
        input: input as Json | undefined,
        isDetached: isAwaited === false ? true : undefined,
        saveAs,
      }),
    }),
});
