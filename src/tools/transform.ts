import { z } from 'zod';
import { defineTool } from '../core/tool/tool.js';

/** Computes values. The expressions are resolved before the call, as in all params, so that nothing is left to do. */
export const transform = defineTool({
  name: 'transform',
  description:
    'Sets keys of data to what their expressions give, as in { "values": { "total": "${ data.a + data.b }" } }.',
  params: z.strictObject({ values: z.record(z.string(), z.unknown()) }),
  run(_state, { params }) {
    return params.values;
  },
});
