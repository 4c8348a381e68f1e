import { EngineError } from '../core/base/errors.js';
import { deliveryIdOf, readDeliveryId } from '../core/delivery/delivery.js';
import type { DeliveryPlace } from '../store/deliveries.js';
import type { HookDeliveryPlace } from '../store/hooks.js';

/** What `cursor` of each kind of list is made of. Each differs from the others, so that one list refuses those of another. */

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const AFTER_GRAPH = /^after:([a-z0-9-]{1,100})$/;
const AFTER_HOOK = /^hook:([a-z0-9][a-z0-9_-]{0,99})$/;
const BEFORE_DELIVERY = /^(\d{1,15}):([\w-]{1,64})$/;
const SEQ = /^[1-9]\d{0,14}$/;

/** Before the schedule in a cursor. */
const BEHIND = 'behind:';

/** Before the run in a cursor of a list that begins with the oldest. */
const LATER_THAN = 'later:';

/** The cursor of the runs after one. That of a list of the other order is another: it would end, or begin anew. */
export function runCursorAfter(runId: string, oldestFirst: boolean): string {
  return oldestFirst ? LATER_THAN + runId : runId;
}

/** The run that a page of runs follows. @throws EngineError `invalid_request` */
export function readRunCursor(cursor: string, oldestFirst: boolean): string {
  const isLater = cursor.startsWith(LATER_THAN);
  const runId = isLater ? cursor.slice(LATER_THAN.length) : cursor;
  if (!RUN_ID.test(runId)) throw invalidCursor();
  if (isLater !== oldestFirst) throw invalidCursor('It is one of a list in the other `order`: go on with the same.');
  return runId;
}

/** The cursor of the graphs after one. The prefix tells a cursor from the id of a graph. */
export function graphCursorAfter(graphId: string): string {
  return `after:${graphId}`;
}

/** The graph that a page of graphs follows. @throws EngineError `invalid_request` */
export function readGraphCursor(cursor: string): string {
  const graphId = AFTER_GRAPH.exec(cursor)?.[1];
  if (graphId === undefined) throw invalidCursor();
  return graphId;
}

/** The cursor of the schedules after one. */
export function scheduleCursorAfter(scheduleId: string): string {
  return BEHIND + scheduleId;
}

/** The schedule that a page of schedules follows. @throws EngineError `invalid_request` */
export function readScheduleCursor(cursor: string): string {
  const scheduleId = cursor.slice(BEHIND.length);
  if (!cursor.startsWith(BEHIND) || !/^[a-z0-9-]{1,100}$/.test(scheduleId)) throw invalidCursor();
  return scheduleId;
}

/** The seq that a page of steps begins after. @throws EngineError `invalid_request` */
export function readStepCursor(cursor: string): number {
  if (!SEQ.test(cursor)) throw invalidCursor();
  return Number(cursor);
}

const AFTER_DELIVERY = /^(\d{1,15}):(.+)$/;

/** The cursor of the callbacks after one. */
export function deliveryCursorAfter(place: DeliveryPlace): string {
  return `${place.createdAt}:${deliveryIdOf(place)}`;
}

/** The callback that a page of them follows. @throws EngineError `invalid_request` */
export function readDeliveryCursor(cursor: string): DeliveryPlace {
  const [, createdAt, id = ''] = AFTER_DELIVERY.exec(cursor) ?? [];
  const key = readDeliveryId(id);
  if (key === undefined) throw invalidCursor();
  return { ...key, createdAt: Number(createdAt) };
}

/** The cursor of the hooks after one. */
export function hookCursorAfter(hookId: string): string {
  return `hook:${hookId}`;
}

/** The hook that a page of hooks follows. @throws EngineError `invalid_request` */
export function readHookCursor(cursor: string): string {
  const hookId = AFTER_HOOK.exec(cursor)?.[1];
  if (hookId === undefined) throw invalidCursor();
  return hookId;
}

/** The cursor of the deliveries that came before one. */
export function hookDeliveryCursorAfter({ receivedAt, key }: HookDeliveryPlace): string {
  return `${receivedAt}:${key}`;
}

/** The delivery that a page of deliveries follows. @throws EngineError `invalid_request` */
export function readHookDeliveryCursor(cursor: string): HookDeliveryPlace {
  const [, receivedAt, key] = BEFORE_DELIVERY.exec(cursor) ?? [];
  if (receivedAt === undefined || key === undefined) throw invalidCursor();
  return { receivedAt: Number(receivedAt), key };
}

function invalidCursor(message = 'Use a next_cursor of an earlier answer.'): EngineError {
  const errors = [{ pointer: '/cursor', code: 'invalid_cursor', message }];
  return new EngineError('invalid_request', 'The cursor is not one of this list.', { errors });
}
