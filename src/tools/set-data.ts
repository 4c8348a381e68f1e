import { z } from 'zod';
import { jsonObjectSchema } from '../core/base/json-object-schema.js';
import { defineTool, FOLLOWS_FROM_PARAMS } from '../core/tool/tool.js';

/** Sets keys of `data`. Expressions in the values are resolved before the call, as in all params. */
export const setData = defineTool({
  name: 'set_data',
  description: 'Sets keys of data to the values given.',
  params: z.strictObject({ values: jsonObjectSchema }),
  errors: [],
  [FOLLOWS_FROM_PARAMS]: true,
  run(_state, { params }) {
    return params.values;
  },
});

/** The same tool by another name, which says better what a node with expressions is for. */
export const transform = defineTool({
  ...setData,
  name: 'transform',
  description:
    'Sets keys of data to what their expressions give, as in { "values": { "total": "${ data.a + data.b }" } }.',
});
