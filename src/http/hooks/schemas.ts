import { z } from 'zod';
import { HOOK_SHAPE, hookDefinitionSchema } from '../../core/hook/definition.js';
import type { HookView } from '../../engine/engine.js';
import { HOOK, HOOK_ID } from '../openapi/examples.js';
import { timeSchema } from '../schemas.js';
import { toTime, toTimeOrNull, type Wire } from '../wire.js';

/** Schemas of hooks that several operations share. */

export const hookParamsSchema = z.object({
  hook_id: z.string().meta({ description: 'The id of a hook.', examples: [HOOK_ID] }),
});

export const newHookSchema = hookDefinitionSchema.meta({ id: 'NewHook' }).meta({ examples: [HOOK] });

export const refusalsSchema = z
  .object({
    count: z.int().describe('Requests without a right signature, ever. Of the last ten seconds, some can be missing.'),
    last_at: timeSchema.nullable(),
    last_reason: z.string().nullable().describe('What was wrong with the last of them.'),
  })
  .meta({ id: 'HookRefusals' });

export const hookSchema = z
  .object({
    hook_id: z.string(),
    ...HOOK_SHAPE,
    enabled: z.boolean(),
    delivery_path: z.string().describe('Where deliveries are sent to, with POST.'),
    delivery_url: z.string().nullable().describe('The same as a URL; null if the server has no PUBLIC_URL.'),
    refusals: refusalsSchema,
    created_at: timeSchema,
    updated_at: timeSchema,
  })
  .meta({ id: 'Hook' });

export interface HookRouteOptions {
  /** What people reach the server by, without a slash at its end. */
  readonly publicUrl?: string | undefined;
}

/** A hook as answers show it. */
export function toHook(view: HookView, { publicUrl }: HookRouteOptions): Wire<typeof hookSchema> {
  const { hookId, definition, createdAt, updatedAt } = view;
  const path = `/hooks/${hookId}/deliveries`;
  return {
    hook_id: hookId,
    ...definition,
    enabled: definition.enabled ?? true,
    delivery_path: path,
    delivery_url: publicUrl === undefined ? null : publicUrl + path,
    refusals: toRefusals(view),
    created_at: toTime(createdAt),
    updated_at: toTime(updatedAt),
  };
}

/** What a hook has refused. */
export function toRefusals({
  refused,
  lastRefusedAt,
  lastRefusal,
}: Pick<HookView, 'refused' | 'lastRefusedAt' | 'lastRefusal'>): Wire<typeof refusalsSchema> {
  return { count: refused, last_at: toTimeOrNull(lastRefusedAt), last_reason: lastRefusal };
}
