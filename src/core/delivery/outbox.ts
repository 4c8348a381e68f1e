import { definedOnly } from '../base/defined-only.js';
import { type Json, type JsonObject, jsonBytes } from '../base/json.js';
import { estimateBytes } from '../base/json-size.js';
import type { NotifyEvent } from '../base/notify.js';
import type { EventRecord, RunEvent } from '../run/events.js';
import { evolve } from '../run/evolve.js';
import { errorOf, finishedAtOf, type RunState, statusOf, waitOf } from '../run/state.js';
import type { DeliveryKey } from './delivery.js';

/** A callback to be stored with the event that it tells of. */
export interface NewDelivery extends DeliveryKey {
  readonly event: NotifyEvent;
  /** Who is asked: `name:port`. */
  readonly host: string;
  readonly url: string;
  readonly secret: string;
  /** The body: JSON text. */
  readonly body: string;
  /** When the event was stored, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** Bytes of `data` that a callback brings along, as JSON. More is read from the state. */
export const MAX_DELIVERED_DATA_BYTES = 65_536;

/**
 * The callbacks that events of a run lead to. Runs inside other runs tell nobody: their top run does.
 * @param before the state before the events
 * @param state the state after them
 */
export function deliveriesOf(
  before: RunState,
  records: readonly EventRecord[],
  state: RunState,
): readonly NewDelivery[] {
  if (state.notify.length === 0 || state.parent !== null) return [];
  const deliveries: NewDelivery[] = [];
  let at = before;
  for (const record of records) {
    at = record.seq === state.seq ? state : evolve(at, record);
    const event = notifyEventOf(record.event);
    if (event !== undefined) deliveries.push(...tellAll(at, event, record));
  }
  return deliveries;
}

/** What targets are told of by an event of a journal. */
function notifyEventOf(event: RunEvent): NotifyEvent | undefined {
  switch (event.type) {
    case 'run.completed':
      return 'completed';
    case 'run.failed':
      return 'failed';
    case 'run.cancelled':
      return 'cancelled';
    case 'wait.started':
      return event.wait.kind === 'input' ? 'waiting_for_input' : undefined;
    case 'limit.reached':
      return 'limit';
    case 'run.submitted':
    case 'run.started':
    case 'step.completed':
    case 'step.failed':
    case 'wait.ended':
    case 'signal.received':
    case 'branches.started':
    case 'branches.joined':
    case 'children.refused':
    case 'cancel.requested':
    case 'pause.requested':
    case 'run.paused':
    case 'run.unpaused':
    case 'limits.lifted':
    case 'run.recovered':
    case 'run.drained':
    case 'slot.taken':
    case 'run.migrated':
    case 'run.retried':
    case 'run.forked':
      return undefined;
  }
}

function tellAll(state: RunState, event: NotifyEvent, { seq, time }: EventRecord): NewDelivery[] {
  const { runId, notify } = state;
  const told = notify.map((target, index) => ({ ...target, index })).filter(({ on }) => on.includes(event));
  if (told.length === 0) return [];
  const body = JSON.stringify({
    type: `run.${event}`,
    timestamp: new Date(time).toISOString(),
    data: describeRun(state),
  });
  return told.map(({ url, secret, index: target }) => {
    return { runId, seq, target, event, host: hostOf(url), url, secret, body, createdAt: time };
  });
}

/** What a callback says of a run. Nothing in it lets anybody answer the run: tokens are for the state. */
function describeRun(state: RunState): JsonObject {
  return {
    run_id: state.runId,
    graph_id: state.graphId,
    graph_version: state.graphVersion,
    status: statusOf(state),
    metadata: { ...state.metadata },
    ...definedOnly({ error: describeError(state), waiting: describeWait(state) }),
    ...(finishedAtOf(state) === null ? {} : dataOf(state.data)),
  };
}

/** Without the details, which can be large; the state has them. */
function describeError(state: RunState): JsonObject | undefined {
  const error = errorOf(state);
  if (error === null) return undefined;
  const { code, message, node, step } = error;
  return { code, message, node, step };
}

function describeWait(state: RunState): JsonObject | undefined {
  const wait = waitOf(state);
  if (wait === null) return undefined;
  const { id, kind, node, since, until, message, limit } = wait;
  const times = { since: toTime(since), until: until === null ? null : toTime(until) };
  return { id, kind, node, ...times, message, ...definedOnly({ limit }) };
}

function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** The final data if it is small. */
function dataOf(data: JsonObject): { data: Json } | { data_omitted: true } {
  // An estimate first, which stops counting: to print 16 MiB takes a long time. It is at most three times what there is.
  const most = MAX_DELIVERED_DATA_BYTES * 3;
  const isLarge = estimateBytes(data, most) > most || jsonBytes(data) > MAX_DELIVERED_DATA_BYTES;
  return isLarge ? { data_omitted: true } : { data };
}

/** The host of a URL with its port, in one spelling. */
function hostOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === 'https:' ? '443' : '80';
  return `${hostname}:${port === '' ? usual : port}`;
}
