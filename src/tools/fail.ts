import { z } from 'zod';
import { definedOnly } from '../core/base/defined-only.js';
import { whyNotErrorCode } from '../core/tool/failure.js';
import { defineTool, FOLLOWS_FROM_PARAMS } from '../core/tool/tool.js';
import { FatalError } from '../core/tool/tool-errors.js';

function checkCode(code: string, context: z.core.$RefinementCtx): void {
  const reason = whyNotErrorCode(code);
  if (reason !== undefined) context.addIssue(reason);
}

/** Ends a run that should not go on, or sends it to the `on_error` of its node. */
export const fail = defineTool({
  name: 'fail',
  description: 'Fails the step with a message, without further attempts.',
  params: z.strictObject({
    message: z.string().min(1).max(8000),
    code: z.string().superRefine(checkCode).optional().describe('The code of the error; tool_failed if omitted.'),
    details: z.unknown().optional().describe('JSON that becomes error.details, at most 64 kB.'),
  }),
  [FOLLOWS_FROM_PARAMS]: true,
  run(_state, { params: { message, code, details } }) {
    throw new FatalError(message, { ...definedOnly({ code }), details });
  },
});
