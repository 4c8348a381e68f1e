import { createHash } from 'node:crypto';
import { EngineError } from '../core/base/errors.js';
import { type Json, jsonBytes } from '../core/base/json.js';
import { compileInSteps } from '../core/json-schema/json-schema.js';
import type { Actor } from '../core/run/actor.js';
import { findSignalRequest } from '../core/run/inbox.js';
import { MAX_PATCH_BYTES } from '../core/run/patch.js';
import { receiveSignal, type SentSignal } from '../core/run/receive-signal.js';
import { type RunState, type RunStatus, statusOf } from '../core/run/state.js';
import { signalNameSchema } from '../core/tool/wait.js';
import { appendTo } from '../runs/append.js';
import type { Idempotency } from '../store/store.js';
import { type Commit, inTurnToLoad, jsonOf, type RunDeps, refusalError, runNotFound } from './shared.js';

/** It becomes a patch of `data`, with its key. */
const MAX_PAYLOAD_BYTES = MAX_PATCH_BYTES - 1024;

export interface SendSignal extends Actor {
  /** 1 to 100 characters of `a-z 0-9 _ - .`, of which the first is a letter or a digit. */
  readonly name: string;
  readonly payload: Json;
  readonly idempotency?: Idempotency;
}

export interface SignalledRun {
  readonly runId: string;
  readonly status: RunStatus;
  /** True when the idempotency key had sent this signal before. */
  readonly replayed: boolean;
}

/**
 * Sends a signal to a run, whatever it does at the moment. It is stored when this resolves.
 * @throws EngineError `run_not_found`, `run_finished`, `too_many_signals`, `invalid_request`, `invalid_answer`,
 * `idempotency_mismatch`, `run_unreadable`, `server_busy`, `store_unavailable`.
 * @param commit how the unit is stored, if not as it is
 */
export async function sendSignal(
  deps: RunDeps,
  runId: string,
  request: SendSignal,
  commit?: Commit,
): Promise<SignalledRun> {
  const signal = await toSignal(deps, request);
  const decide = async (state: RunState) => {
    const schema = state.phase.kind === 'waiting' ? state.phase.wait.schema : null;
    // It is kept: what is checked with it next need not compile it.
    if (schema !== null) await deps.turns.inSlices(compileInSteps(schema));
    return receiveSignal(state, signal, deps.now());
  };
  const result = await inTurnToLoad(deps, runId, () => appendTo(deps, runId, decide, commit));
  if (result === undefined) throw runNotFound(runId);
  const { state, isAppended, refusal } = result;
  if (refusal !== undefined) throw refusalError(refusal);
  const earlier = isAppended ? undefined : findSignalRequest(state.inbox, signal.idempotency?.key ?? '');
  return { runId, status: earlier?.status ?? statusOf(state), replayed: !isAppended };
}

async function toSignal(deps: RunDeps, { name, payload, idempotency, by }: SendSignal): Promise<SentSignal> {
  const [issue] = signalNameSchema.safeParse(name).error?.issues ?? [];
  if (issue !== undefined) throw new EngineError('invalid_request', `The name of a signal ${issue.message}.`);
  // The journal has them for as long as the run is there, and people can put anything into a key.
  const digests = idempotency && { key: digest(idempotency.key), fingerprint: digest(idempotency.fingerprint) };
  const given = await jsonOf(deps, payload, '/payload');
  // As data it is printed another way than it was sent: 1e20 has 21 digits.
  if (jsonBytes(given) > MAX_PAYLOAD_BYTES) throw tooLarge();
  return { name, payload: given, idempotency: digests, by };
}

function tooLarge(): EngineError {
  const message = `Must not be longer than ${MAX_PAYLOAD_BYTES} bytes as JSON.`;
  const problem = { pointer: '/payload', code: 'too_big', message };
  return new EngineError('invalid_request', 'The payload is too large for the data of a run.', { errors: [problem] });
}

/** 128 bits, which is enough to tell what one run has been sent. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
