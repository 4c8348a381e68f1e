import { z } from 'zod';
import { defineTool } from '../core/tool/tool.js';

/** Sets constants, such as the start of a counter or a list. */
export const setData = defineTool({
  name: 'set_data',
  description: 'Sets keys of data to the values given.',
  params: z.strictObject({ values: z.record(z.string(), z.unknown()) }),
  run(_state, { params }) {
    return params.values;
  },
});
