import { z } from 'zod';
import { defineTool } from '../core/tool/tool.js';
import { FatalError } from '../core/tool/tool-errors.js';

/** Ends a run that should not go on, or sends it to the `on_error` of its node. */
export const fail = defineTool({
  name: 'fail',
  description: 'Fails the step with a message, without further attempts.',
  params: z.strictObject({ message: z.string().min(1).max(8000) }),
  run(_state, { params }) {
    throw new FatalError(params.message);
  },
});
