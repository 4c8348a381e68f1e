import { z } from 'zod';
import { notifySchema } from '../../core/base/notify.js';
import { ON_FULL } from '../../core/graph/definition.js';
import type { EventOf, EventType } from '../../core/run/events.js';
import type { WaitOutcome } from '../../core/run/waits.js';
import { jsonObjectSchema, jsonSchema, kindSchema, timeSchema } from '../schemas.js';
import {
  decisionSchema,
  forkedFromSchema,
  limitKindSchema,
  runErrorSchema,
  statusSchema,
  usageSchema,
} from './schemas.js';

/** What event streams hold, for the OpenAPI document. Events are sent as they are stored, so these check nothing. */

/** Every type of event, with what it says. */
export const EVENT_MEANINGS: Readonly<Record<EventType, string>> = {
  'run.submitted': 'the run is stored',
  'run.started': 'its first step begins',
  'step.completed': 'a step ended, with what it changed and where the run goes next',
  'step.failed': 'an attempt of a step failed',
  'wait.started': 'the run waits',
  'wait.ended': 'the wait is over',
  'signal.received': 'somebody sent a signal, which is kept until a wait takes it',
  'branches.started': 'branches begin',
  'branches.joined': 'the branches ended and were joined',
  'children.refused': 'no more children are made, those that are there are cancelled, and the run fails with this',
  'cancel.requested': 'somebody asked to cancel the run',
  'pause.requested': 'somebody asked to pause the run',
  'run.paused': 'the run rests before this node, until somebody unpauses it',
  'run.unpaused': 'the run is paused no longer',
  'limit.reached': 'the run came to a limit before this step, and waits until somebody lifts it',
  'limits.lifted': 'somebody gave the run other limits; those that are omitted stay',
  'run.recovered': 'a server took the run up after a crash, or after a stop that is noted before',
  'run.drained': 'the server stopped in good order while something was under way',
  'run.retried': 'a run that had ended goes on',
  'slot.taken': 'a retried run whose graph limits how many are under way has its turn, and goes on',
  'run.forked': 'the end of the steps that a fork copied',
  'run.completed': 'the run ended well',
  'run.failed': 'the run ended with an error',
  'run.cancelled': 'the run was cancelled',
};

const millisSchema = z.int().describe('Milliseconds since 1970.');
const nextSchema = z.string().nullable().describe('The node that is executed from here on; null if there is none.');

const givenLimitsSchema = z
  .object({
    max_steps: z.int().optional(),
    deadline_seconds: z.number().optional(),
    max_tokens: z.int().optional(),
    max_cost_usd: z.number().optional(),
    max_visits: z.int().optional(),
    no_progress: z.int().optional(),
    on_limit: z.enum(['fail', 'wait']).optional(),
  })
  .meta({ id: 'GivenLimits' });

const parentSchema = z
  .object({
    run_id: z.string(),
    seq: z.int().describe('The event of the parent that started this run.'),
    index: z.int().describe('Its index among the children of that event, from 0.'),
    kind: z.enum(['branch', 'graph']),
    depth: z.int().describe('How many parents are above.'),
  })
  .meta({ id: 'ParentLink', description: 'Where a run inside another one hangs.' });

const startedWaitSchema = z
  .object({
    kind: z.enum(['timer', 'input', 'signal', 'graph']),
    until: millisSchema.nullable(),
    message: z.string().optional(),
    schema: jsonObjectSchema.optional().describe('JSON Schema of the answer, or of the payload.'),
    signal: z.string().optional().describe('The name of the signal.'),
    save_as: z.string().describe('The key of `data` that the result becomes.'),
    graph_id: z.string().optional(),
    graph_version: z.int().optional(),
    input_data: jsonSchema.optional(),
    limits: givenLimitsSchema.optional().describe('Those that the step gives the run of the graph.'),
    metadata: z.record(z.string(), z.string()).optional().describe('What the step adds to the metadata.'),
  })
  .meta({ id: 'StartedWait' });

const starterSchema = z
  .object({
    kind: z.enum(['run', 'schedule', 'hook', 'mcp', 'import']),
    id: z
      .string()
      .optional()
      .describe(
        'The run whose step started it, the schedule, the hook, or the run that this is a copy of. Omitted for `mcp`.',
      ),
    seq: z.int().optional().describe('Of an import: the last event that was copied.'),
  })
  .meta({ id: 'RunStarter', description: 'What started a run that no request has started.' });

const signalRequestSchema = z
  .object({
    key: z.string().describe('A digest of the key.'),
    fingerprint: z.string().describe('A digest of the request.'),
    status: statusSchema.describe('The status that was answered.'),
  })
  .meta({ id: 'SignalRequest' });

const budgetsOfSchema = z
  .array(z.string())
  .optional()
  .describe('Of a child: the runs above it that have a limit of tokens or of cost, from which it takes.');

const givenConcurrencySchema = z.object({
  key: z.string().nullable().describe('Null: the limit is for all runs of the graph.'),
  on_full: z.enum(ON_FULL),
});

/** Where something belongs in a trace. */
const traceSchema = z
  .object({ traceparent: z.string(), tracestate: z.string().optional() })
  .meta({ id: 'TraceContext' });

const place = { step: z.int(), node: z.string() };
const ended = { logs: z.array(z.string()), usage: usageSchema.optional() };
/** In events of requests. */
const by = z.string().optional().describe('Who asked: the name of the API key, if it has one.');
const call = { ...place, attempt: z.int(), ...ended };

type Shape<T extends EventType> = Record<Exclude<keyof EventOf<T>, 'type'>, z.ZodType>;

/** The fields of each type of event. A new type, or a new field, does not compile until it is here. */
const SHAPES: { readonly [T in EventType]: Shape<T> } = {
  'run.submitted': {
    graph_id: z.string(),
    graph_version: z.int(),
    input_data: jsonSchema.describe('Null for a branch, which has that of its parent.'),
    limits: givenLimitsSchema,
    metadata: z.record(z.string(), z.string()),
    parent: parentSchema.optional(),
    started_by: starterSchema
      .optional()
      .describe('Of a run that a schedule, or a step that did not wait for it, started.'),
    entry_node: z.string().optional().describe('Where a branch begins.'),
    join_node: z.string().optional().describe('The node before which a branch ends.'),
    name: z.string().optional().describe('Of a branch of a for_each: its item as text.'),
    by,
    deadline_at: millisSchema
      .optional()
      .describe('Of a child, in milliseconds since 1970: the deadline of its parent, or its own if that is earlier.'),
    budgets_of: budgetsOfSchema,
    notify: notifySchema.optional(),
    concurrency: givenConcurrencySchema.optional().describe('If its graph limits how many runs are under way.'),
    trace: traceSchema.optional().describe('What it was started in.'),
  },
  'run.started': {
    next: z.string(),
    step: z.int().optional().describe('1 if omitted.'),
    trace: traceSchema.optional().describe('The span in which it began.'),
  },
  'step.completed': {
    ...call,
    patch: jsonObjectSchema.describe('The keys of `data` that the step set.'),
    decision: decisionSchema.nullable(),
    next: nextSchema,
  },
  'step.failed': {
    ...call,
    error: runErrorSchema,
    retry_at: millisSchema.optional().describe('When it is tried again, in milliseconds since 1970.'),
    retry_policy: z.int().optional().describe('By which policy of the list of the node, from 0.'),
    patch: jsonObjectSchema.optional(),
    decision: decisionSchema.optional().describe('There is no further try, and `on_error` is taken.'),
    next: nextSchema.optional(),
  },
  'wait.started': { ...call, wait: startedWaitSchema },
  'wait.ended': {
    wait_id: z.string(),
    outcome: kindSchema<WaitOutcome>('How the wait ended', {
      answered: 'somebody answered',
      signalled: 'its signal came, then or before',
      refused: 'a signal that came before does not fit the schema',
      elapsed: 'its time came',
      expired: 'nobody answered in time, or no signal came',
      joined: 'the graph that ran as the step ended',
      lifted: 'the limit that the run had come to was lifted',
    }),
    answer: jsonSchema.optional().describe('The answer, or the payload of the signal, with defaults of the schema.'),
    answered_by: z
      .string()
      .optional()
      .describe('Who answered: the name of the API key, if it has one; `token` stands for an approval link.'),
  },
  'signal.received': {
    name: z.string(),
    payload: jsonSchema,
    request: signalRequestSchema.optional().describe('Of a request with an Idempotency-Key.'),
    by,
  },
  'branches.started': {
    ...place,
    kind: z.enum(['parallel', 'for_each']),
    to_nodes: z.array(z.string()),
    join_node: z.string(),
    count: z.int(),
  },
  'branches.joined': {
    ...place,
    count: z.int(),
    joined: z
      .int()
      .optional()
      .describe('Of an edge whose branches need not all complete: how many of them were joined.'),
    failed: z.int().optional().describe('With joined: how many have failed.'),
    cancelled: z.int().optional().describe('With joined: how many were cancelled, or not begun any more.'),
    winners: z
      .array(z.int())
      .optional()
      .describe('Of an edge that joins the first branches: their indexes, in the order in which they ended.'),
    patch: jsonObjectSchema,
    error: runErrorSchema.optional(),
    to_node: z.string(),
    next: nextSchema,
  },
  'children.refused': { code: z.enum(['too_many_descendants']), message: z.string() },
  'cancel.requested': { by },
  'pause.requested': { by },
  'run.paused': { node: z.string() },
  'run.unpaused': { by },
  'limit.reached': {
    ...place,
    limit: limitKindSchema,
    message: z.string(),
    limit_of: z.string().optional().describe('The run above that has the limit, if it is not that of the run itself.'),
    used: usageSchema.optional().describe('What the run that has the limit, with all runs inside it, had used.'),
  },
  'limits.lifted': { limits: givenLimitsSchema, by },
  'run.recovered': { children_ended: z.int().optional() },
  'run.drained': {},
  'run.retried': {
    limits: givenLimitsSchema.optional(),
    deadline_at: millisSchema.optional(),
    budgets_of: budgetsOfSchema,
    parent_seq: z.int().optional().describe('The event of the parent that retried it.'),
    by,
    data: jsonObjectSchema.optional().describe('Keys of `data` that were set before it went on.'),
    result: jsonObjectSchema.optional().describe('The patch of the step, whose tool is not called again.'),
    step: z.int().optional(),
    node: z.string().optional(),
    next: z.string().optional(),
  },
  'slot.taken': {},
  'run.forked': { forked_from: forkedFromSchema, patch: jsonObjectSchema, ...place, by },
  'run.completed': {
    reason: kindSchema<EventOf<'run.completed'>['reason']>('Why it ended', {
      end: 'it came to END',
      no_edge: 'no edge leaves its last node',
      join: 'a branch came to its join',
    }),
  },
  'run.failed': { error: runErrorSchema },
  'run.cancelled': { ...ended, by },
};

/** `step.completed` -> `StepCompletedEvent` */
function nameOf(type: string): string {
  const words = type.split('.').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}Event`;
}

const schemas = Object.entries(SHAPES).map(([type, shape]) =>
  z
    .object({
      seq: z.int().describe('1 for the first event of a run.'),
      type: z.literal(type),
      time: timeSchema,
      ...shape,
    })
    .meta({ id: nameOf(type), description: EVENT_MEANINGS[type as EventType] }),
);

/** One event of a stream. */
const runEventSchema = z
  .discriminatedUnion('type', schemas as [(typeof schemas)[number]])
  .meta({ id: 'RunEvent', description: 'An event of the journal of a run: the `data` of a server-sent event.' });

const sender = {
  step: z.int(),
  node: z.string(),
  attempt: z.int(),
};

/** What a step sends while it works. */
const outputEventSchema = z
  .object({
    ...sender,
    index: z
      .int()
      .describe(
        '0 for the first chunk of a call, and one more for each. One that is not larger says that the step is called again.',
      ),
    chunk: jsonSchema.describe('Text that continues that of the chunk before, or other JSON.'),
  })
  .meta({ id: 'OutputEvent', description: 'A chunk that a step has sent: the `data` of an event `output`.' });

const outputGapEventSchema = z
  .object({ ...sender, dropped: z.int().min(1).describe('How many chunks are missing here.') })
  .meta({ id: 'OutputGapEvent', description: 'Chunks were dropped: the `data` of an event `output_gap`.' });

/** Refers to schemas where zod has no schema to refer from. */
export const STREAMED_SCHEMA = {
  anyOf: [runEventSchema, outputEventSchema, outputGapEventSchema].map((schema) => ({
    $ref: `#/components/schemas/${z.globalRegistry.get(schema)?.id}`,
  })),
};
