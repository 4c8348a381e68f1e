import type { Fingerprint } from '../base/fingerprint.js';
import {
  type Check,
  Form,
  hasFields,
  isCount,
  isFlag,
  isListOf,
  isNumber,
  isOneOf,
  isRecordOf,
  isText,
  optional,
  orNull,
} from '../base/form.js';
import { isPlainObject } from '../base/json.js';
import type { Actors } from './actor.js';
import type { Inbox, KeptSignal } from './inbox.js';
import type { Progress, VisitChanges } from './progress.js';
import type {
  Children,
  Concurrency,
  Cursor,
  MigratedFrom,
  PausePoint,
  Phase,
  PhaseOf,
  RetryPoint,
  RunState,
  Waiting,
} from './state.js';
import {
  concurrencyFields,
  isForkedFrom,
  isGivenLimits,
  isGuards,
  isJson,
  isJsonObject,
  isLimitKind,
  isMetadata,
  isNotify,
  isParentLink,
  isRefusal,
  isRunError,
  isSignalRequest,
  isStarter,
  isTraceContext,
  isUsage,
} from './stored-events.js';
import { isOpenWaitKind, type OpenWaitKind } from './waits.js';

const isActors = hasFields<Actors>({
  submitted: optional(isText),
  paused: optional(isText),
  cancelled: optional(isText),
});

const isCursor = hasFields<Cursor>({
  node: isText,
  step: isCount,
  attempt: isCount,
  tries: isCount,
  failuresByPolicy: optional(isListOf(isCount)),
  beganAt: optional(isNumber),
});

const waitFields = {
  id: isText,
  node: isText,
  since: isNumber,
  until: orNull(isNumber),
  message: orNull(isText),
  schema: orNull(isJsonObject),
  saveAs: orNull(isText),
  signal: optional(isText),
  limit: optional(isLimitKind),
  limitOf: optional(isText),
  used: optional(isUsage),
};
const isWaiting = hasFields<Waiting<OpenWaitKind>>({ ...waitFields, kind: isOpenWaitKind });
const isPause = hasFields<Waiting<'paused'>>({ ...waitFields, kind: isOneOf<'paused'>({ paused: 0 }) });
const isAtLimit = hasFields<Waiting<'limit'>>({ ...waitFields, kind: isOneOf<'limit'>({ limit: 0 }) });

const isFingerprint: Check<Fingerprint> = (value): value is Fingerprint =>
  Array.isArray(value) && value.length === 2 && value.every(isCount);
const isChange: Check<VisitChanges['data'][string]> = (value): value is VisitChanges['data'][string] =>
  Array.isArray(value) && value.length === 2 && value.every(isJson);
const isProgress = hasFields<Progress>({
  fingerprint: orNull(isFingerprint),
  entries: isRecordOf(hasFields<Progress['entries'][string]>({ fingerprint: isFingerprint, unchanged: isCount })),
  changes: orNull(isListOf(hasFields<VisitChanges>({ step: isCount, node: isText, data: isRecordOf(isChange) }))),
});

const isInbox = hasFields<Inbox>({
  kept: isRecordOf(isListOf(hasFields<KeptSignal>({ payload: isJson, bytes: isCount }))),
  count: isCount,
  bytes: isCount,
  requests: isListOf(isSignalRequest),
});

const isChildren = hasFields<Children>({
  seq: isCount,
  kind: isOneOf<Children['kind']>({ parallel: 0, for_each: 0, graph: 0 }),
  node: isText,
  since: isNumber,
  count: isCount,
  toNodes: isListOf(isText),
  joinNode: orNull(isText),
  graph: orNull(
    hasFields<NonNullable<Children['graph']>>({
      id: isText,
      version: isCount,
      input: isJson,
      limits: optional(isGivenLimits),
      metadata: optional(isMetadata),
      saveAs: isText,
    }),
  ),
  retriedSeq: orNull(isCount),
  endedBefore: optional(isCount),
  refused: optional(isRefusal),
});

/** The fields of each kind of phase. */
type PhaseFields = { readonly [K in Phase['kind']]: Check<Omit<PhaseOf<K>, 'kind'>> };

const RETRY_POINTS: Pick<PhaseFields, RetryPoint['kind']> = {
  starting: hasFields({ cursor: orNull(isCursor) }),
  calling: hasFields({ cursor: isCursor, announced: orNull(isFlag) }),
  answered: hasFields({ cursor: isCursor, key: isText, value: isJson }),
  resolved: hasFields({ cursor: isCursor, patch: isJsonObject }),
  routing: hasFields({ cursor: isCursor }),
  joining: hasFields({ cursor: isCursor, children: isChildren }),
};
const isRetryPoint = isOneKindOf<RetryPoint>(RETRY_POINTS);
const PAUSE_POINTS: Pick<PhaseFields, PausePoint['kind']> = {
  submitted: hasFields({ cursor: orNull(isCursor) }),
  starting: RETRY_POINTS.starting,
  calling: RETRY_POINTS.calling,
  answered: RETRY_POINTS.answered,
  resolved: RETRY_POINTS.resolved,
  routing: RETRY_POINTS.routing,
  queued: hasFields({ cursor: orNull(isCursor), next: isRetryPoint }),
};

const isPhase = isOneKindOf<Phase>({
  ...RETRY_POINTS,
  submitted: PAUSE_POINTS.submitted,
  queued: PAUSE_POINTS.queued,
  paused: hasFields({ at: isOneKindOf<PausePoint>(PAUSE_POINTS), wait: isPause }),
  limited: hasFields({ at: isOneKindOf<PausePoint>(PAUSE_POINTS), wait: isAtLimit }),
  waiting: hasFields({ cursor: isCursor, wait: isWaiting }),
  completed: hasFields({ cursor: orNull(isCursor), finishedAt: isNumber }),
  failed: hasFields({ at: isRetryPoint, finishedAt: isNumber, error: isRunError }),
  cancelled: hasFields({ at: isRetryPoint, finishedAt: isNumber }),
} satisfies PhaseFields);

function isOneKindOf<T extends { readonly kind: string }>(
  kinds: Readonly<Record<T['kind'], Check<unknown>>>,
): Check<T> {
  const isKind = isOneOf<T['kind']>(kinds);
  return (value): value is T => isPlainObject(value) && isKind(value.kind) && kinds[value.kind](value);
}

/** The form of a state, as snapshots hold it once they are brought up to date. */
export const STATE_FORM = new Form<RunState>({
  runId: isText,
  graphId: isText,
  graphVersion: isCount,
  phase: isPhase,
  seq: isCount,
  inputData: isJson,
  data: isJsonObject,
  own: orNull(isJsonObject),
  item: isJson,
  parent: orNull(isParentLink),
  startedBy: orNull(isStarter),
  entryNode: orNull(isText),
  joinNode: orNull(isText),
  forkedFrom: orNull(isForkedFrom),
  migratedFrom: orNull(hasFields<MigratedFrom>({ version: isCount, at: isNumber, by: optional(isText) })),
  usage: isUsage,
  stepCount: isCount,
  visits: orNull(isRecordOf(isCount)),
  logCount: isCount,
  cancelRequested: isFlag,
  paused: isFlag,
  actors: isActors,
  inbox: orNull(isInbox),
  recoveries: isCount,
  drained: isFlag,
  maxSteps: isCount,
  guards: orNull(isGuards),
  budgetsOf: isListOf(isText),
  progress: orNull(isProgress),
  deadlineSeconds: orNull(isNumber),
  deadlineAt: orNull(isNumber),
  concurrency: orNull(hasFields<Concurrency>({ ...concurrencyFields, since: isNumber })),
  metadata: isMetadata,
  trace: orNull(isTraceContext),
  notify: isNotify,
  submittedAt: isNumber,
  startedAt: orNull(isNumber),
  retriedBy: orNull(isCount),
  snapshotBytes: isCount,
  journalBytes: isCount,
});
