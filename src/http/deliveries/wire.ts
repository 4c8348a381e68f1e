import type { JsonObject } from '../../core/base/json.js';
import type { Engine } from '../../engine/engine.js';
import { toTime, toTimeOrNull, type Wire } from '../wire.js';
import type { deliveryListSchema, deliverySchema } from './schemas.js';

type DeliveryPage = Awaited<ReturnType<Engine['listDeliveries']>>;
type Listed = DeliveryPage['deliveries'][number];
type Stored = Awaited<ReturnType<Engine['getDelivery']>>;

export function toDeliveryList(page: DeliveryPage): Wire<typeof deliveryListSchema> {
  return { deliveries: page.deliveries.map(toSummary), next_cursor: page.nextCursor };
}

export function toDelivery(delivery: Stored): Wire<typeof deliverySchema> {
  return {
    ...toSummary(delivery),
    attempts: delivery.attempts.map((attempt) => ({
      at: toTime(attempt.at),
      ms: attempt.ms,
      status: 'status' in attempt ? attempt.status : null,
      error: 'error' in attempt ? attempt.error : null,
    })),
    payload: JSON.parse(delivery.body) as JsonObject,
  };
}

function toSummary(delivery: Listed): Wire<typeof deliveryListSchema>['deliveries'][number] {
  return {
    delivery_id: delivery.deliveryId,
    run_id: delivery.runId,
    seq: delivery.seq,
    event: delivery.event,
    status: delivery.status,
    url: delivery.url,
    secret: delivery.secret,
    created_at: toTime(delivery.createdAt),
    settled_at: toTimeOrNull(delivery.settledAt),
    tries: delivery.tries,
    next_at: toTimeOrNull(delivery.nextAt),
  };
}
