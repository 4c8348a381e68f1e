import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { assertNever } from '../../core/base/assert-never.js';
import { EngineError, type EngineErrorCode } from '../../core/base/errors.js';
import type { Json } from '../../core/base/json.js';
import type { Scope } from '../../core/expressions/expressions.js';
import type { CompiledHook, HookOrder } from '../../core/hook/compile.js';
import { readDeliveryBody, scopeOf, shownHeaders, shownQuery, UnusableBodyError } from '../../core/hook/delivery.js';
import {
  type Headers,
  type ReadSignature,
  readKey,
  readSignature,
  signatureHeadersOf,
} from '../../core/hook/signature.js';
import { type RunStatus, statusOf } from '../../core/run/state.js';
import { DeliveryTakenError } from '../../store/errors.js';
import type { HookDeliveryRow, IdleDelivery } from '../../store/hooks.js';
import type { Unit } from '../../store/store.js';
import type { RequestUseCases } from '../requests.js';
import { sendSignal } from '../send-signal.js';
import { type RunDeps, toEngineError } from '../shared.js';
import { startRun } from '../start.js';
import type { HookBook, KnownHook } from './hook-book.js';
import { hookNotFound, invalidDelivery } from './hook-errors.js';
import type { HookSettings } from './hooks.js';
import type { Refusals } from './refusals.js';

/** How long deliveries are remembered at least, in milliseconds, if there are not more than {@link MAX_DELIVERIES}. */
export const KEPT_MS = 7 * 86_400_000;
/** The latest deliveries of a hook that are remembered. */
export const MAX_DELIVERIES = 100_000;
/** Old ones are looked for with each so many, from the first on. */
const PRUNE_EVERY = 500;
/** Longest id, and reason, that lists show. */
const MAX_SHOWN = 500;

export interface DeliveryDeps extends RunDeps, HookSettings {
  readonly book: HookBook;
  readonly refusals: Refusals;
}

/** A delivery whose headers fit its hook; its body is still to be read. */
export interface OpenDelivery extends KnownHook {
  readonly headers: Headers;
  readonly signature: Exclude<ReadSignature, { kind: 'refused' }>;
  /** What signatures are made with; undefined if nothing is signed. */
  readonly key: Uint8Array | undefined;
}

export interface DeliveryContent {
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** The bytes as they came. */
  readonly body: Uint8Array;
}

/** What came of a delivery. */
export type DeliveryResult =
  | { readonly outcome: 'ignored' }
  | {
      readonly outcome: 'accepted';
      readonly runId: string;
      readonly status: RunStatus;
      /** True when the delivery had done this before. */
      readonly replayed: boolean;
      /** True when it has just started the run. */
      readonly isNew: boolean;
    };

/** A delivery on its way, with what tells it from others. */
interface Incoming {
  readonly hookId: string;
  readonly hook: CompiledHook;
  readonly scope: Scope;
  readonly key: string;
  readonly deliveryId: string | null;
  readonly receivedAt: number;
}

/** Errors that come of the moment: nothing is noted of them, and senders try again. */
const OF_THE_MOMENT: ReadonlySet<EngineErrorCode> = new Set([
  'server_busy',
  'queue_full',
  'shutting_down',
  'store_unavailable',
]);

/** What hooks do with what they are sent. */
export class HookDeliveryUseCases {
  /** Deliveries that were stored, by hook. */
  readonly #stored = new Map<string, number>();

  constructor(
    private readonly deps: DeliveryDeps,
    private readonly requests: RequestUseCases,
  ) {}

  /**
   * Looks at the headers of a delivery, before its body is read: those of strangers never are, unless they have a signature.
   * @throws EngineError `hook_not_found`, `hook_unreadable`, `invalid_signature`, `hook_secret_missing`.
   */
  async openDelivery(hookId: string, headers: Headers): Promise<OpenDelivery> {
    const { book, now } = this.deps;
    const known = await book.find(hookId);
    const { definition } = known.hook;
    const signature = readSignature(definition, headers, now());
    if (signature.kind === 'refused') throw this.#refuse(hookId, signature.reason);
    return { ...known, headers, signature, key: this.#keyFor(known) };
  }

  /**
   * Does what a hook is for, once for each delivery: one that comes again gets the first answer.
   * @throws EngineError `invalid_signature`, `invalid_delivery`, `hook_disabled`, and what the action throws.
   */
  async deliver(open: OpenDelivery, { query, body }: DeliveryContent): Promise<DeliveryResult> {
    this.#verify(open, body);
    const { hookId, hook, headers } = open;
    const { turns, newId, now } = this.deps;
    const hidden = signatureHeadersOf(hook.definition.verify);
    const id = newId();
    const parts = { headers: shownHeaders(headers, hidden), query: shownQuery(query), id };
    const anonymous = { hookId, hook, key: id, deliveryId: null, receivedAt: now() };
    let scope = scopeOf({ ...parts, body: null });
    try {
      scope = scopeOf({ ...parts, body: await turns.inSlices(readDeliveryBody(Buffer.from(body).toString())) });
    } catch (thrown) {
      if (!(thrown instanceof UnusableBodyError)) throw thrown;
      throw await this.#fail({ ...anonymous, scope }, invalidDelivery(thrown.problem, [thrown.problem]));
    }
    const { value: given, problem } = hook.identify(scope);
    if (problem !== undefined) throw await this.#fail({ ...anonymous, scope }, invalidDelivery(problem, [problem]));
    const incoming = { ...anonymous, scope, ...(given === null ? {} : identityOf(given)) };
    // Before all else: what the hook has become since does not matter.
    const earlier = given === null ? undefined : await this.#findAccepted(incoming);
    return earlier ?? this.#act(incoming);
  }

  async #act(incoming: Incoming): Promise<DeliveryResult> {
    const { hook, scope } = incoming;
    try {
      if (isPing(hook, scope)) {
        await this.#note({ ...incoming, outcome: 'ignored', code: null, detail: null });
        return { outcome: 'ignored' };
      }
      if (hook.definition.enabled === false) throw new EngineError('hook_disabled', 'The hook is disabled.');
      const { value: order, problem } = hook.order(scope);
      if (problem !== undefined) throw invalidDelivery(problem, [problem]);
      const done = await this.#perform(order, incoming);
      this.#count(incoming.hookId);
      return { outcome: 'accepted', ...done, replayed: false, isNew: order.action === 'start' };
    } catch (thrown) {
      // Another one was first, which may have changed what this one has found.
      const earlier = await this.#findAccepted(incoming);
      if (earlier !== undefined) return earlier;
      // Its hook was deleted meanwhile.
      if (thrown instanceof DeliveryTakenError) throw hookNotFound(incoming.hookId);
      throw await this.#fail(incoming, toEngineError(thrown));
    }
  }

  /** Does what a delivery asks for, in one unit with the note that it was done. */
  async #perform(order: HookOrder, incoming: Incoming): Promise<{ runId: string; status: RunStatus }> {
    const { deps } = this;
    const { hookId } = incoming;
    const commit = (unit: Unit): Promise<void> => deps.store.commit(acceptIn(unit, incoming));
    const by = `hook:${hookId}`;
    switch (order.action) {
      case 'start': {
        const { graphId, version, input: inputData, metadata } = order;
        const startedBy = { kind: 'hook', id: hookId } as const;
        const request = { graphId, inputData, metadata, startedBy, ...(version && { version }) };
        const run = await startRun(deps, request, commit);
        return { runId: run.runId, status: 'SUBMITTED' };
      }
      case 'signal': {
        const { runId, signal: name, input: payload } = order;
        return only(await sendSignal(deps, runId, { name, payload, by }, commit));
      }
      case 'answer': {
        const { runId, waitId, input: payload } = order;
        return only(await this.requests.resumeRun(runId, { payload, waitId, by }, commit));
      }
      default:
        return assertNever(order);
    }
  }

  /** @throws EngineError `invalid_signature` */
  #verify({ hookId, signature, key }: OpenDelivery, body: Uint8Array): void {
    if (signature.kind === 'unsigned' || key === undefined) return;
    const expected = createHmac('sha256', key).update(signature.before).update(body).digest();
    let isRight = false;
    // Every one, also after the right one.
    for (const each of signature.signatures) if (timingSafeEqual(each, expected)) isRight = true;
    if (!isRight)
      throw this.#refuse(hookId, 'The signature is wrong: it was made with another secret, or of another body.');
  }

  /** @throws EngineError `hook_secret_missing`, or `invalid_signature` if nothing is signed, and must be by now */
  #keyFor({ hookId, hook }: KnownHook): Uint8Array | undefined {
    const { scheme, secret = '' } = hook.definition.verify;
    const { secrets, allowsUnsigned } = this.deps;
    if (scheme === 'none') {
      if (allowsUnsigned) return undefined;
      throw this.#refuse(hookId, 'The hook takes what nobody has signed, which this server does not allow.');
    }
    const { key, problem } = readKey(scheme, secret, Object.hasOwn(secrets, secret) ? secrets[secret] : undefined);
    if (key !== undefined) return key;
    this.deps.refusals.note(hookId, problem);
    // Strangers need not know its name.
    throw new EngineError('hook_secret_missing', 'The server has no secret to check signatures of this hook with.');
  }

  #refuse(hookId: string, reason: string): EngineError {
    this.deps.refusals.note(hookId, reason);
    return new EngineError('invalid_signature', reason);
  }

  async #findAccepted({ hookId, key }: Incoming): Promise<DeliveryResult | undefined> {
    const row = await this.deps.store.hooks.findDelivery(hookId, key);
    return row === undefined ? undefined : replayOf(row);
  }

  /** Notes that a delivery has failed, unless that comes of the moment; gives the error. */
  async #fail(incoming: Incoming, error: EngineError): Promise<EngineError> {
    if (!OF_THE_MOMENT.has(error.code)) {
      await this.#note({ ...incoming, outcome: 'failed', code: error.code, detail: shown(error.message) });
    }
    return error;
  }

  async #note({ hookId, key, deliveryId, receivedAt, outcome, code, detail }: Incoming & IdleDelivery): Promise<void> {
    await this.deps.store.hooks.noteDelivery({ hookId, key, deliveryId, receivedAt, outcome, code, detail });
    this.#count(hookId);
  }

  /** Deletes old deliveries now and then. */
  #count(hookId: string): void {
    const { store, now } = this.deps;
    const count = this.#stored.get(hookId) ?? 0;
    this.#stored.set(hookId, count + 1);
    if (count % PRUNE_EVERY !== 0) return;
    // If it fails, the next one does it.
    void store.hooks.pruneDeliveries(hookId, now() - KEPT_MS, MAX_DELIVERIES).catch(() => undefined);
  }
}

/** GitHub asks once whether the hook is there. */
function isPing({ definition }: CompiledHook, { headers }: Scope): boolean {
  return definition.verify.scheme === 'github' && headers?.['x-github-event'] === 'ping';
}

/** The unit with the note that a delivery has led to it. One that only wakes runs follows such a unit. */
function acceptIn(unit: Unit, { hookId, key, deliveryId, receivedAt }: Incoming): Unit {
  const state = unit.appends.at(-1)?.state;
  if (state === undefined) return unit;
  const { runId } = state;
  return { ...unit, delivery: { hookId, key, deliveryId, receivedAt, runId, status: statusOf(state) } };
}

function only({ runId, status }: { runId: string; status: RunStatus }): { runId: string; status: RunStatus } {
  return { runId, status };
}

function replayOf({ outcome, runId, status }: HookDeliveryRow): DeliveryResult | undefined {
  if (outcome !== 'accepted' || runId === null || status === null) return undefined;
  return { outcome, runId, status, replayed: true, isNew: false };
}

/** A digest, since ids can be long; and the id as lists show it. */
function identityOf(given: Json): { key: string; deliveryId: string } {
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  const key = createHash('sha256').update(JSON.stringify(given)).digest('base64url').slice(0, 32);
  return { key, deliveryId: shown(text) };
}

/** Text that every store takes: Postgres has no NUL, and no halves of surrogate pairs. */
function shown(text: string): string {
  return text
    .slice(0, MAX_SHOWN)
    .replaceAll('\0', '\uFFFD')
    .replaceAll(/[\uD800-\uDFFF]/gu, '\uFFFD');
}
