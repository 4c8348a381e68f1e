import {
  type Check,
  type Fields,
  Form,
  hasFields,
  isCount,
  isListOf,
  isMoment,
  isNumber,
  isOneOf,
  isRecordOf,
  isText,
  optional,
  orNull,
} from '../base/form.js';
import { freezeJson, isPlainObject, type Json, type JsonObject } from '../base/json.js';
import { NOTIFY_EVENTS, type NotifyTarget } from '../base/notify.js';
import type { Guards } from '../base/run-options.js';
import { checkForm, parseStored, UnknownKindError } from '../base/stored.js';
import type { TraceContext } from '../base/trace-context.js';
import type { Usage } from '../base/usage.js';
import type { Read } from '../expressions/reads.js';
import type { OnFull } from '../graph/definition.js';
import {
  DECISION_KINDS,
  type Decision,
  type EventOf,
  type EventType,
  type GivenConcurrency,
  type GivenLimits,
  type LimitKind,
  type ParentLink,
  type RunError,
  type RunEvent,
  type Starter,
  type WaitStart,
} from './events.js';
import type { SignalRequest } from './inbox.js';
import type { ChildrenRefusal } from './state.js';
import type { WaitOutcome } from './waits.js';

// Only what this release reads is checked: fields that a later release adds are kept as they are. What tools made is JSON
// by then, whatever it is, so the checks do not walk through it.
export const isJson: Check<Json> = (value): value is Json => value !== undefined;
export const isJsonObject: Check<JsonObject> = (value): value is JsonObject => isPlainObject(value);
export const isMetadata = isRecordOf(isText);
const guardFields: Fields<Guards> = {
  max_tokens: optional(isCount),
  max_cost_usd: optional(isNumber),
  max_visits: optional(isCount),
  no_progress: optional(isCount),
  on_limit: optional(isOneOf<NonNullable<Guards['on_limit']>>({ fail: 0, wait: 0 })),
};
export const isGuards = hasFields<Guards>(guardFields);
export const isGivenLimits = hasFields<GivenLimits>({
  max_steps: optional(isCount),
  deadline_seconds: optional(isNumber),
  ...guardFields,
});
export const isNotify = isListOf(
  hasFields<NotifyTarget>({ url: isText, on: isListOf(isOneOf(NOTIFY_EVENTS)), secret: isText }),
);
export const isUsage = hasFields<Usage>({
  input_tokens: isCount,
  output_tokens: isCount,
  cost_usd: optional(isNumber),
});
export const isLimitKind = isOneOf<LimitKind>({
  max_steps: 0,
  max_tokens: 0,
  max_cost_usd: 0,
  max_visits: 0,
  no_progress: 0,
});
export const isStarter = hasFields<Starter>({
  kind: isOneOf<Starter['kind']>({ run: 0, schedule: 0, hook: 0, mcp: 0, import: 0 }),
  id: optional(isText),
  seq: optional(isCount),
});
export const isParentLink = hasFields<ParentLink>({
  run_id: isText,
  seq: isCount,
  index: isCount,
  kind: isOneOf<ParentLink['kind']>({ branch: 0, graph: 0 }),
  depth: isCount,
});
export const isRunError = hasFields<RunError>({
  code: isText,
  message: isText,
  node: orNull(isText),
  step: orNull(isCount),
  details: optional(isJson),
});
export const isTraceContext = hasFields<TraceContext>({ traceparent: isText, tracestate: optional(isText) });
const isRefusalCode = isOneOf<ChildrenRefusal['code']>({ too_many_descendants: 0 });
export const isRefusal = hasFields<ChildrenRefusal>({ code: isRefusalCode, message: isText });
export const isForkedFrom = hasFields<EventOf<'run.forked'>['forked_from']>({ run_id: isText, step: isCount });

export const isSignalRequest = hasFields<SignalRequest>({
  key: isText,
  fingerprint: isText,
  status: isOneOf<SignalRequest['status']>({ SUBMITTED: 0, RUNNING: 0, WAITING: 0 }),
});

const isLargeRead = hasFields<Extract<Read, { type: string }>>({
  path: isText,
  type: isOneOf<Extract<Read, { type: string }>['type']>({ string: 0, list: 0, object: 0 }),
  size: isCount,
});
const isSmallRead = hasFields<Extract<Read, { value: Json }>>({ path: isText, value: isJson });
const isRead: Check<Read> = (value): value is Read => isSmallRead(value) || isLargeRead(value);
const isDecision = hasFields<Decision>({
  kind: isOneOf(DECISION_KINDS),
  condition: optional(isText),
  outcome: optional(orNull(isText)),
  to_node: orNull(isText),
  read: optional(isListOf(isRead)),
});
const isWaitStart = hasFields<WaitStart>({
  kind: isOneOf<WaitStart['kind']>({ timer: 0, input: 0, signal: 0, graph: 0 }),
  until: orNull(isMoment),
  message: optional(isText),
  schema: optional(isJsonObject),
  signal: optional(isText),
  save_as: isText,
  graph_id: optional(isText),
  graph_version: optional(isCount),
  input_data: optional(isJson),
  limits: optional(isGivenLimits),
  metadata: optional(isMetadata),
});

/** Where a run stands whose graph limits how many are under way at a time. */
export const concurrencyFields = {
  key: orNull(isText),
  on_full: isOneOf<OnFull>({ queue: 0, refuse: 0, cancel_oldest: 0 }),
};

const place = { step: isCount, node: isText };
const logs = isListOf(isText);
const usage = optional(isUsage);
const by = optional(isText);
const call = { ...place, attempt: isCount, logs, usage };
const next = orNull(isText);

/** The fields of each type of event. A new type does not compile until it is here. */
const FIELDS: { readonly [T in EventType]: Fields<Omit<EventOf<T>, 'type'>> } = {
  'run.submitted': {
    graph_id: isText,
    graph_version: isCount,
    input_data: isJson,
    limits: hasFields<EventOf<'run.submitted'>['limits']>({
      max_steps: isCount,
      deadline_seconds: optional(isNumber),
      ...guardFields,
    }),
    metadata: isMetadata,
    parent: optional(isParentLink),
    started_by: optional(isStarter),
    entry_node: optional(isText),
    join_node: optional(isText),
    name: optional(isText),
    by,
    deadline_at: optional(isMoment),
    budgets_of: optional(isListOf(isText)),
    notify: optional(isNotify),
    concurrency: optional(hasFields<GivenConcurrency>(concurrencyFields)),
    trace: optional(isTraceContext),
  },
  'run.started': { next: isText, step: optional(isCount), trace: optional(isTraceContext) },
  'step.completed': { ...call, patch: isJsonObject, decision: orNull(isDecision), next },
  'step.failed': {
    ...call,
    error: isRunError,
    retry_at: optional(isMoment),
    retry_policy: optional(isCount),
    patch: optional(isJsonObject),
    decision: optional(isDecision),
    next: optional(next),
  },
  'wait.started': { ...call, wait: isWaitStart },
  'wait.ended': {
    wait_id: isText,
    outcome: isOneOf<WaitOutcome>({
      answered: 0,
      signalled: 0,
      refused: 0,
      elapsed: 0,
      expired: 0,
      joined: 0,
      lifted: 0,
    }),
    answer: optional(isJson),
    answered_by: optional(isText),
  },
  'signal.received': { name: isText, payload: isJson, request: optional(isSignalRequest), by },
  'branches.started': {
    ...place,
    kind: isOneOf<EventOf<'branches.started'>['kind']>({ parallel: 0, for_each: 0 }),
    to_nodes: isListOf(isText),
    join_node: isText,
    count: isCount,
  },
  'branches.joined': {
    ...place,
    count: isCount,
    joined: optional(isCount),
    failed: optional(isCount),
    cancelled: optional(isCount),
    winners: optional(isListOf(isCount)),
    patch: isJsonObject,
    error: optional(isRunError),
    to_node: isText,
    next,
  },
  'children.refused': { code: isRefusalCode, message: isText },
  'cancel.requested': { by },
  'pause.requested': { by },
  'run.paused': { node: isText },
  'run.unpaused': { by },
  'limit.reached': {
    ...place,
    limit: isLimitKind,
    message: isText,
    limit_of: optional(isText),
    used: usage,
  },
  'limits.lifted': { limits: isGivenLimits, by },
  'run.recovered': { children_ended: optional(isCount) },
  'run.drained': {},
  'run.retried': {
    limits: optional(isGivenLimits),
    deadline_at: optional(isMoment),
    parent_seq: optional(isCount),
    by,
    data: optional(isJsonObject),
    result: optional(isJsonObject),
    budgets_of: optional(isListOf(isText)),
    step: optional(isCount),
    node: optional(isText),
    next: optional(isText),
  },
  'slot.taken': {},
  'run.migrated': { from_version: isCount, to_version: isCount, by },
  'run.forked': { forked_from: isForkedFrom, patch: isJsonObject, ...place, by },
  'run.completed': { reason: isOneOf<EventOf<'run.completed'>['reason']>({ end: 0, no_edge: 0, join: 0 }) },
  'run.failed': { error: isRunError },
  'run.cancelled': { logs, usage, by },
};

const FORMS: ReadonlyMap<string, Form<object>> = new Map(
  Object.entries(FIELDS).map(([type, fields]) => [type, new Form<object>(fields)]),
);

/**
 * Reads a stored event back, frozen.
 * @throws UnreadableError if the type is unknown, or the payload is not what this type has
 */
export function eventOf(type: string, payload: string): RunEvent {
  const form = FORMS.get(type);
  if (form === undefined) throw new UnknownKindError('has a type that this release does not know');
  const event: { type?: string } = parseStored(payload, form);
  // A copy that has the type would take as long as the parsing, and this is done for every record that is read.
  event.type = type;
  return freezeJson(event as JsonObject) as unknown as RunEvent;
}

/**
 * Reads an event from the document of its payload, which becomes frozen.
 * @throws UnreadableError as {@link eventOf} does
 */
export function eventFrom(type: string, payload: JsonObject): RunEvent {
  const form = FORMS.get(type);
  if (form === undefined) throw new UnknownKindError('has a type that this release does not know');
  return Object.freeze({ ...checkForm(freezeJson(payload), form), type }) as unknown as RunEvent;
}

/**
 * True if a record can come after another one in a journal. Forks from the first step, as release 1.0 stored them, have
 * no record 2.
 * @param before the seq of the record before; 0 for the first
 */
export function isNextRecord(before: number, { seq, type }: { readonly seq: number; readonly type: string }): boolean {
  if (before === 0) return seq === 1 && type === 'run.submitted';
  return seq === before + 1 || (before === 1 && seq === 3 && type === 'run.forked');
}
