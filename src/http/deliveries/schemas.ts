import { z } from 'zod';
import { NOTIFY_EVENTS } from '../../core/base/notify.js';
import { DELIVERY_STATUSES } from '../../core/delivery/delivery.js';
import { jsonObjectSchema, kindSchema, nextCursorSchema, timeSchema } from '../schemas.js';

/** Schemas of callbacks that several operations share. */

export const deliveryStatusSchema = kindSchema('What became of a callback', DELIVERY_STATUSES).meta({
  id: 'DeliveryStatus',
});

const deliveryShape = {
  delivery_id: z.string().describe('The `webhook-id` of each try.'),
  run_id: z.string(),
  seq: z.int().describe('The event of the run that it tells of.'),
  event: kindSchema('What it tells', NOTIFY_EVENTS).meta({ id: 'NotifyEvent' }),
  status: deliveryStatusSchema,
  url: z.string(),
  secret: z.string().describe('The name of the secret that it is signed with.'),
  created_at: timeSchema.describe('When the event was stored.'),
  settled_at: timeSchema.nullable().describe('When it was delivered or given up.'),
  tries: z.int().describe('How often it was tried, since somebody last had it tried again.'),
  next_at: timeSchema
    .nullable()
    .describe(
      'When it is tried next; while it is tried, a moment after that. Null if it is not pending, or an earlier one for its target is.',
    ),
};

const deliverySummarySchema = z.object(deliveryShape).meta({ id: 'DeliverySummary' });

const attemptSchema = z
  .object({
    at: timeSchema,
    ms: z.int().describe('How long it took.'),
    status: z.int().nullable().describe('What the receiver answered; null if there was no answer.'),
    error: z.string().nullable().describe('Why there was no answer.'),
  })
  .meta({ id: 'DeliveryAttempt', description: 'A try of a callback.' });

export const deliverySchema = z
  .object({
    ...deliveryShape,
    attempts: z.array(attemptSchema).describe('The latest 30 tries, the oldest first.'),
    payload: jsonObjectSchema.describe('The body that is sent.'),
  })
  .meta({ id: 'Delivery' });

export const deliveryListSchema = z
  .object({ deliveries: z.array(deliverySummarySchema), next_cursor: nextCursorSchema })
  .meta({ id: 'DeliveryList' });

export const deliveryParamsSchema = z.object({
  delivery_id: z.string().meta({
    description: 'The id of a delivery, which receivers have as `webhook-id`.',
    examples: ['msg_019ab0f45c0070008000000000000000_5_0'],
  }),
});
