import { freezeJson, type Json, jsonBytes } from '../base/json.js';

/** Most signals that a run keeps for waits to come. Once they are this large as JSON text, no more are kept either. */
export const MAX_KEPT_SIGNALS = 1000;
export const MAX_KEPT_BYTES = 16_777_216;
/** Requests with an Idempotency-Key that a run remembers: the latest ones. */
export const MAX_REMEMBERED_REQUESTS = 1000;

/** A signal that no wait has taken yet. */
export interface KeptSignal {
  readonly payload: Json;
  /** Size of the payload as JSON text. */
  readonly bytes: number;
}

/** A request that has sent a signal, and the status that it was answered with. */
export interface SignalRequest {
  /** A digest of the Idempotency-Key. */
  readonly key: string;
  /** A digest of what was asked. */
  readonly fingerprint: string;
  readonly status: 'SUBMITTED' | 'RUNNING' | 'WAITING';
}

/**
 * What a run has been sent. By name, so that a wait finds the oldest of its name at once, and a step that takes none
 * costs the same however many there are.
 */
export interface Inbox {
  /** The oldest first. A name has at least one. */
  readonly kept: Readonly<Record<string, readonly KeptSignal[]>>;
  readonly count: number;
  readonly bytes: number;
  /** The latest last. */
  readonly requests: readonly SignalRequest[];
}

const EMPTY: Inbox = Object.freeze({ kept: {}, count: 0, bytes: 0, requests: [] });

/** Keeps a signal, behind those that came before it. */
export function keepSignal(
  inbox: Inbox | null,
  { name, payload, request }: { readonly name: string; readonly payload: Json; readonly request?: SignalRequest },
): Inbox {
  const { kept, count, bytes: before, requests } = inbox ?? EMPTY;
  const bytes = jsonBytes(payload);
  const signal = { payload: freezeJson(payload), bytes };
  return {
    kept: { ...kept, [name]: [...signalsOf(kept, name), signal] },
    count: count + 1,
    bytes: before + bytes,
    requests: request === undefined ? requests : [...requests, request].slice(-MAX_REMEMBERED_REQUESTS),
  };
}

/** The oldest signal of a name. */
export function oldestSignal(inbox: Inbox | null, name: string): KeptSignal | undefined {
  return inbox === null ? undefined : signalsOf(inbox.kept, name)[0];
}

/** Without the oldest signal of a name. */
export function dropOldestSignal(inbox: Inbox | null, name: string): Inbox | null {
  const [oldest, ...later] = inbox === null ? [] : signalsOf(inbox.kept, name);
  if (inbox === null || oldest === undefined) return inbox;
  const { [name]: _, ...others } = inbox.kept;
  const kept = later.length === 0 ? others : { ...inbox.kept, [name]: later };
  return { ...inbox, kept, count: inbox.count - 1, bytes: inbox.bytes - oldest.bytes };
}

/** The request that an Idempotency-Key was used for, by the digest of the key. */
export function findSignalRequest(inbox: Inbox | null, key: string): SignalRequest | undefined {
  return inbox?.requests.find((request) => request.key === key);
}

/** Names such as `constructor` are names like others. */
function signalsOf(kept: Inbox['kept'], name: string): readonly KeptSignal[] {
  return Object.hasOwn(kept, name) ? (kept[name] as readonly KeptSignal[]) : [];
}
