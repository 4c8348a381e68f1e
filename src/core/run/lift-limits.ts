import { z } from 'zod';
import { definedOnly } from '../base/defined-only.js';
import type { Json, JsonObject } from '../base/json.js';
import { problemsOf } from '../base/problems.js';
import { runLimitsSchema } from '../base/run-options.js';
import { tokensOf, type Usage } from '../base/usage.js';
import type { Actor } from './actor.js';
import type { EventOf, GivenLimits } from './events.js';
import { limitsAfter } from './evolve-limits.js';
import { compareSpent, type FamilyUsage, findLimit, standingAt } from './limits.js';
import { type Refusal, refuse, refuseFinished, refuseOtherWait, type Verdict } from './requests.js';
import { isFinished, type PhaseOf, type RunState, statusOf, type Waiting } from './state.js';

/** A deadline is no limit that asks: a run that waits at a limit keeps it. */
const ownSchema = z.strictObject({ limits: runLimitsSchema.omit({ deadline_seconds: true }) });
const aboveSchema = z.strictObject({
  limits: runLimitsSchema.pick({ max_tokens: true, max_cost_usd: true, on_limit: true }),
});

export interface LiftRequest extends Actor {
  readonly payload: Json;
  readonly waitId?: string | undefined;
}

type Lifted = EventOf<'limits.lifted'>;
type Ended = EventOf<'wait.ended'>;

/** A run that waits at a limit. */
export type LimitedRun = RunState & { readonly phase: PhaseOf<'limited'> };

export function isLimited(state: RunState): state is LimitedRun {
  return state.phase.kind === 'limited';
}

/** The run with the limits that it is to get, if they are any. */
export function withGivenLimits(state: LimitedRun, request: LiftRequest): RunState {
  const { limits } = readLimits(state, request, ownSchema);
  return limits === undefined ? state : { ...state, ...limitsAfter(state, limits) };
}

/** Gives a run that waits at a limit of its own other limits, with which it goes on. */
export function liftLimits(
  state: LimitedRun,
  request: LiftRequest,
  family: FamilyUsage | undefined,
): Verdict<Lifted | Ended> {
  const { limits, refusal } = readLimits(state, request, ownSchema);
  if (refusal !== undefined) return { refusal };
  const after = { ...state, ...limitsAfter(state, limits) };
  const standing = standingAt(after);
  const reached = standing && findLimit(after, standing, family && { ...family, above: [] });
  if (reached !== undefined) return tooLow(reached.message, reached.limit);
  return { events: [lift(limits, request), endWait(state, request)] };
}

/** What is appended to the run that waits, and to the one above it that has the limit. */
export type LiftedAbove =
  | { readonly owner: readonly [Lifted]; readonly waiting: readonly [Ended]; readonly refusal?: undefined }
  | { readonly refusal: Refusal };

/**
 * Gives the run above, whose limit a run waits at, a higher one: for itself, and for all that take from it.
 * @param used by the run above, with all runs inside it
 */
export function liftLimitsAbove(state: LimitedRun, owner: RunState, request: LiftRequest, used: Usage): LiftedAbove {
  const { limits, refusal } = readLimits(state, request, aboveSchema);
  if (refusal !== undefined) return { refusal };
  const status = statusOf(owner);
  if (isFinished(status)) return refuseFinished({ runId: owner.runId, status });
  const reached = compareSpent(limitsAfter(owner, limits).guards ?? {}, used, owner.runId);
  if (reached !== undefined) return tooLow(reached.message, reached.limit);
  return { owner: [lift(limits, request)], waiting: [endWait(state, request)] };
}

/** JSON Schema of what lifts a limit: at least so much of it. */
export function schemaOfLift(state: RunState, { limit, used }: Waiting): JsonObject | null {
  const standing = standingAt(state);
  if (limit === undefined || standing === undefined) return null;
  const bound = ((): JsonObject => {
    switch (limit) {
      case 'max_steps':
        return { type: 'integer', minimum: standing.step };
      case 'max_visits':
        return { type: 'integer', minimum: standing.visits };
      case 'no_progress':
        return { type: 'integer', minimum: standing.unchanged + 1 };
      case 'max_tokens':
        return { type: 'integer', minimum: used === undefined ? 1 : tokensOf(used) + 1 };
      case 'max_cost_usd':
        return { type: 'number', exclusiveMinimum: used?.cost_usd ?? 0 };
    }
  })();
  const limits = { type: 'object', required: [limit], properties: { [limit]: bound } };
  return { type: 'object', required: ['limits'], properties: { limits } };
}

function readLimits(
  { runId, phase }: LimitedRun,
  { payload, waitId }: LiftRequest,
  schema: typeof ownSchema | typeof aboveSchema,
):
  | { readonly limits: GivenLimits; readonly refusal?: undefined }
  | { readonly limits?: undefined; readonly refusal: Refusal } {
  const other = refuseOtherWait(runId, phase.wait.id, waitId);
  if (other !== undefined) return other;
  const parsed = schema.safeParse(payload);
  if (parsed.success) return { limits: definedOnly(parsed.data.limits) };
  const problems = problemsOf(schema, payload, parsed.error.issues);
  const inBody = problems.map((problem) => ({ ...problem, pointer: `/payload${problem.pointer}` }));
  const message = `Run ${runId} waits at a limit. The answer is { "limits": { ... } }, with a higher one.`;
  return refuse('invalid_answer', message, inBody);
}

function lift(limits: GivenLimits, { by }: Actor): Lifted {
  return { type: 'limits.lifted', limits, ...definedOnly({ by }) };
}

function endWait({ phase }: LimitedRun, { by }: Actor): Ended {
  return { type: 'wait.ended', wait_id: phase.wait.id, outcome: 'lifted', ...definedOnly({ answered_by: by }) };
}

function tooLow(message: string, limit: string): { readonly refusal: Refusal } {
  return refuse(
    'limits_too_low',
    `With these limits it would stop at once. ${message} Give limits.${limit} a higher value.`,
  );
}
