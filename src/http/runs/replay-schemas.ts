import { z } from 'zod';
import type { BacktestReport } from '../../core/replay/backtest.js';
import type { Divergence, Missing, Outcome, PathStep, Place, Replayed } from '../../core/replay/replayed.js';
import type { Engine } from '../../engine/engine.js';
import { jsonSchema, kindSchema } from '../schemas.js';
import type { Wire } from '../wire.js';
import { readSchema, statusSchema, usageSchema } from './schemas.js';

export const verdictSchema = kindSchema<Replayed['verdict']>('What it comes to', {
  same: 'it goes the way that it went',
  diverged: 'it goes another way',
  unknown: 'what was recorded does not say',
});

const placeShape = {
  node: z.string(),
  step: z.int().describe('Of the run that this is in.'),
  visit: z.int().describe('Which visit to the node it is, from 1.'),
  branch: z
    .array(z.int())
    .optional()
    .describe('Where the branch is in which this is: its places among its siblings, from the outermost on.'),
};
const placeSchema = z.object(placeShape).meta({ id: 'ReplayPlace', description: 'A visit of a node.' });

export const outcomeSchema = z
  .object({
    text: z.string().describe('In words.'),
    to_node: z.string().nullable().optional().describe('Where the run went from there; null if nowhere.'),
    value: jsonSchema.optional().describe('A patch, an error, or an answer, if that tells the two apart.'),
  })
  .meta({ id: 'ReplayOutcome', description: 'What became of a visit, or of the run.' });

export const divergedOfSchema = kindSchema<Divergence['of']>('What is different', {
  way: 'where the run went next',
  result: 'what a step came to',
  end: 'how the run ended',
});

export const readsSchema = z.array(readSchema).describe('The values that decided; large ones as type and size.');

export const MISSING: Readonly<Record<Missing['what'], string>> = {
  call: 'the result of a call that the run has not made',
  params: 'the result of a call with other params',
  attempt: 'the result of one more attempt',
  answer: 'an answer, or a signal',
  child: 'what a run inside it would come to',
  condition: 'what a condition would say that is not registered here',
  node: 'a node that the graph does not have',
  graph: 'a graph that is not there',
};
const missingWhatSchema = kindSchema('What is missing', MISSING);

export const endSchema = z
  .object({ status: statusSchema, error_code: z.string().nullable(), node: z.string().nullable() })
  .meta({ id: 'ReplayEnd', description: 'How a run ended, or where it is.' });

export const stepCountsSchema = z.object({ was: z.int(), would_be: z.int() }).describe('Steps, runs inside included.');
export const usagesSchema = z
  .object({ was: usageSchema, would_be: usageSchema })
  .describe('What calls used, runs inside included.');

const pathStepSchema = z
  .object({
    ...placeShape,
    status: z.enum(['completed', 'failed', 'waiting', 'open']),
    to_node: z.string().nullable().describe('Where it led; null if it led nowhere, or to branches.'),
  })
  .meta({ id: 'ReplayStep' });

const missingSchema = z
  .object({ at: placeSchema, what: missingWhatSchema, message: z.string() })
  .meta({ id: 'ReplayMissing' });

export const replaySchema = z
  .object({
    verdict: verdictSchema,
    first_divergence: z
      .object({
        at: placeSchema,
        of: divergedOfSchema,
        was: outcomeSchema,
        would_be: outcomeSchema,
        read: readsSchema,
      })
      .nullable()
      .describe('Where it first goes another way; null if it does not, as far as that is known.'),
    path: z.array(pathStepSchema).describe('The visits of the replay, without those in branches: at most a thousand.'),
    missing: z.array(missingSchema).describe('What the replay would have needed, and nobody has recorded.'),
    end: z.object({ was: endSchema, would_be: endSchema }),
    steps: stepCountsSchema,
    usage: usagesSchema,
  })
  .meta({ id: 'Replay' });

export function toReplay(replayed: Awaited<ReturnType<Engine['replayRun']>>): Wire<typeof replaySchema> {
  const { verdict, firstDivergence: found, path, missing, end, steps, usage } = replayed;
  return {
    verdict,
    first_divergence: found && {
      at: toPlace(found.at),
      of: found.of,
      was: toOutcome(found.was),
      would_be: toOutcome(found.wouldBe),
      read: found.read,
    },
    path: path.map(toPathStep),
    missing: missing.map(({ at, what, message }) => ({ at: toPlace(at), what, message })),
    end: toEnds(end),
    steps: { was: steps.was, would_be: steps.wouldBe },
    usage: { was: usage.was, would_be: usage.wouldBe },
  };
}

function toPlace({ node, step, visit, branch }: Place): Wire<typeof placeSchema> {
  return { node, step, visit, ...(branch !== undefined && { branch }) };
}

function toPathStep({ status, toNode, ...place }: PathStep) {
  return { ...toPlace(place), status, to_node: toNode };
}

/** What became of a visit, in the words of the wire. */
export function toOutcome({ text, toNode, value }: Outcome): Wire<typeof outcomeSchema> {
  return { text, ...(toNode !== undefined && { to_node: toNode }), ...(value !== undefined && { value }) };
}

/** How runs ended, and would end. */
export function toEnds({ was, wouldBe }: Pick<BacktestReport['ends'][number], 'was' | 'wouldBe'>) {
  return { was: toEnd(was), would_be: toEnd(wouldBe) };
}

function toEnd({ status, errorCode, node }: Replayed['end']['was']): Wire<typeof endSchema> {
  return { status, error_code: errorCode, node };
}
