import { definedOnly } from '../base/defined-only.js';
import type { Json } from '../base/json.js';
import type { Actor } from './actor.js';
import type { EventOf } from './events.js';
import { fitPayload } from './fit-payload.js';
import { findSignalRequest, type Inbox, MAX_KEPT_BYTES, MAX_KEPT_SIGNALS, oldestSignal } from './inbox.js';
import { type Refusal, refuse, refuseFinished, type Verdict } from './requests.js';
import { isFinished, type RunState, statusOf, type Waiting } from './state.js';

/** A signal that somebody sends to a run. */
export interface SentSignal extends Actor {
  readonly name: string;
  readonly payload: Json;
  /** Digests of the Idempotency-Key, and of what is asked with it. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
}

/**
 * Takes in a signal: it ends the wait for it that is open, or is kept for one to come. Nothing is left to do for a request
 * that is repeated.
 * @param now milliseconds since 1970
 */
export function receiveSignal(
  state: RunState,
  sent: SentSignal,
  now: number,
): Verdict<EventOf<'signal.received'> | EventOf<'wait.ended'>> {
  const { runId, inbox } = state;
  const { name, payload, idempotency, by } = sent;
  const earlier = idempotency && findSignalRequest(inbox, idempotency.key);
  if (earlier !== undefined) {
    if (earlier.fingerprint === idempotency?.fingerprint) return { events: [] };
    const message = `The Idempotency-Key has sent another signal to run ${runId}. Use a new key for a new signal.`;
    return refuse('idempotency_mismatch', message);
  }
  const status = statusOf(state);
  if (isFinished(status)) return refuseFinished({ runId, status });
  const received = (answered: typeof status) => ({
    type: 'signal.received' as const,
    name,
    payload,
    ...definedOnly({ request: idempotency && { ...idempotency, status: answered }, by }),
  });
  const wait = openWaitFor(state, name, now);
  if (wait === undefined) {
    const refusal = refuseKeeping(runId, inbox);
    return refusal === undefined ? { events: [received(status)] } : { refusal };
  }
  const { value, problems } = fitPayload(wait.schema, payload);
  if (problems.length > 0) {
    const inBody = problems.map((problem) => ({ ...problem, pointer: `/payload${problem.pointer}` }));
    return refuse('invalid_answer', `The payload does not fit the schema of the wait for "${name}".`, inBody);
  }
  const ended = { type: 'wait.ended', wait_id: wait.id, outcome: 'signalled', answer: value } as const;
  return { events: [received('RUNNING'), ended] };
}

/** The wait that a signal ends. One whose time is over ends by that, even if nobody has looked at it yet. */
function openWaitFor({ phase, inbox }: RunState, name: string, now: number): Waiting | undefined {
  if (phase.kind !== 'waiting' || phase.wait.kind !== 'signal' || phase.wait.signal !== name) return undefined;
  const { until } = phase.wait;
  // Clocks can differ on whether it is over. What was kept by another one comes first.
  const isOpen = (until === null || now < until) && oldestSignal(inbox, name) === undefined;
  return isOpen ? phase.wait : undefined;
}

function refuseKeeping(runId: string, inbox: Inbox | null): Refusal | undefined {
  const { count, bytes } = inbox ?? { count: 0, bytes: 0 };
  if (count < MAX_KEPT_SIGNALS && bytes < MAX_KEPT_BYTES) return undefined;
  const most = `${MAX_KEPT_SIGNALS} signals, or ${MAX_KEPT_BYTES / 1_048_576} MiB of them`;
  const message = `Run ${runId} has not taken ${count} signals yet. At most ${most}, are kept. Send this one later.`;
  return refuse('too_many_signals', message).refusal;
}
