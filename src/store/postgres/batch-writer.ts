import type pg from 'pg';
import { messageOf } from '../../core/base/errors.js';
import { OutcomeUnknownError, StoreUnavailableError } from '../errors.js';
import { checkOut, IDLE_TIMEOUT_MS, QUERY_TIMEOUT_MS, type Session, send } from './connection.js';
import { isCollision, isDatabaseFailure } from './failures.js';
import type { CommitParticipant } from './participant.js';
import { linesOf, lock } from './slots.js';
import type { UnitRows } from './unit-rows.js';
import { lockAll, refusalOf, writeAlone, writeTogether } from './unit-writer.js';

/** How often a batch is tried whose transactions collide with those of others. */
const MAX_ATTEMPTS = 3;

/** How much longer than others the statements of a batch may take for each MiB that it holds, in milliseconds. */
const TIMEOUT_PER_MIB_MS = 1000;

/** What a batch came to: for each unit an error if it was refused. */
export type Refusals = readonly (Error | undefined)[];

/** COMMIT got no answer, or one that does not tell: the batch is stored, or nothing of it. */
export class CommitUnansweredError extends OutcomeUnknownError {
  constructor(
    cause: unknown,
    readonly refusals: Refusals,
    /** The id of the transaction, if only that tells whether it is stored. */
    readonly transactionId: string | undefined,
  ) {
    super(cause);
  }
}

/**
 * Writes batches of units, each in one transaction, on one of the connections for it.
 *
 * A batch is written all at once first: 36,000 rows/s, where a savepoint for each unit leaves 1,000. Only if something of
 * it cannot be stored it is undone and written once more, unit by unit, to find out what.
 */
export class BatchWriter {
  constructor(
    private readonly pool: pg.Pool,
    private readonly participants: readonly CommitParticipant[],
  ) {}

  /**
   * Commits a batch, durably.
   * @throws StoreUnavailableError when the database fails; nothing of it is then stored
   * @throws CommitUnansweredError when it fails while it commits
   */
  async write(batch: readonly UnitRows[]): Promise<Refusals> {
    const client = await checkOut(this.pool).catch((thrown: unknown) => {
      throw new StoreUnavailableError(thrown);
    });
    let isBroken = true;
    try {
      const refusals = await this.#write(patient(client, batch), batch);
      isBroken = false;
      return refusals;
    } catch (thrown) {
      throw thrown instanceof StoreUnavailableError ? thrown : new StoreUnavailableError(thrown);
    } finally {
      // What is left of a transaction goes with its connection.
      client.release(isBroken);
    }
  }

  async #write(session: Session, batch: readonly UnitRows[]): Promise<Refusals> {
    const refusals = await this.#writeTogether(session, batch);
    if (refusals !== undefined) return refusals;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#writeOneByOne(session, batch);
      } catch (thrown) {
        if (attempt === MAX_ATTEMPTS || !isCollision(thrown)) throw thrown;
        await send(session, ROLLBACK);
      }
    }
  }

  /** @returns undefined if something of the batch cannot be stored; nothing is, then */
  async #writeTogether(session: Session, batch: readonly UnitRows[]): Promise<Refusals | undefined> {
    const begun = send(session, beginOf(batch));
    const locked = lock(session, linesOf(batch.map(({ unit }) => unit)));
    const transactionId = readTransactionId(session, batch);
    const written = writeTogether(session, batch, this.participants);
    const outcomes = await Promise.allSettled([begun, locked, transactionId, written]);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') continue;
      const { reason } = outcome;
      if (isDatabaseFailure(reason) && !isCollision(reason)) throw reason;
      await send(session, ROLLBACK);
      return undefined;
    }
    const refusals = batch.map(() => undefined);
    await this.#commit(session, refusals, await transactionId);
    return refusals;
  }

  async #writeOneByOne(session: Session, batch: readonly UnitRows[]): Promise<Refusals> {
    const refusals: (Error | undefined)[] = [];
    await send(session, beginOf(batch));
    await lock(session, linesOf(batch.map(({ unit }) => unit)));
    const transactionId = await readTransactionId(session, batch);
    await lockAll(session, batch);
    for (const rows of batch) refusals.push(await this.#writeIsolated(session, rows));
    await this.#commit(session, refusals, transactionId);
    return refusals;
  }

  /** @returns why a unit was refused, if it was */
  async #writeIsolated(session: Session, rows: UnitRows): Promise<Error | undefined> {
    await send(session, SAVEPOINT);
    try {
      await writeAlone(session, rows, this.participants);
      await send(session, RELEASE);
      return undefined;
    } catch (thrown) {
      if (isDatabaseFailure(thrown)) throw thrown;
      await send(session, UNDO);
      await send(session, RELEASE);
      const refusal = await refusalOf(session, rows, thrown);
      return refusal instanceof Error ? refusal : new Error(messageOf(refusal));
    }
  }

  async #commit(session: Session, refusals: Refusals, transactionId: string | undefined): Promise<void> {
    let command: string;
    try {
      // On its own: behind a statement that failed, COMMIT would be answered as if all were well.
      ({ command } = await send(session, COMMIT));
    } catch (thrown) {
      throw new CommitUnansweredError(thrown, refusals, transactionId);
    }
    if (command !== 'COMMIT') throw new Error(`The database answered COMMIT with ${command}.`);
  }
}

/**
 * Read committed, whatever the database has set: each statement sees what was committed before it. A server takes a
 * transaction for idle while a statement is still arriving, so one that arrives for long gets the time for it.
 */
function beginOf(batch: readonly UnitRows[]): pg.QueryConfig {
  const text = 'BEGIN ISOLATION LEVEL READ COMMITTED';
  const moreMs = patienceFor(batch);
  if (moreMs === 0) return { text };
  return { text: `${text}; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS + moreMs}` };
}

/** The session of a batch, whose statements may take the longer the more it holds, one waiting for the other. */
function patient(client: pg.PoolClient, batch: readonly UnitRows[]): Session {
  const moreMs = patienceFor(batch);
  if (moreMs === 0) return client;
  return {
    query: (query) => {
      const timed = { ...query, query_timeout: QUERY_TIMEOUT_MS + moreMs };
      return client.query(timed);
    },
  };
}

function patienceFor(batch: readonly UnitRows[]): number {
  let characters = 0;
  for (const { runs } of batch) {
    for (const { events, snapshots, changedRuns } of runs) {
      for (const { payload } of events) characters += payload.length;
      for (const { state } of snapshots) characters += state.length;
      for (const { data } of changedRuns) characters += data?.length ?? 0;
    }
  }
  return Math.floor(characters / 1_048_576) * TIMEOUT_PER_MIB_MS;
}

const COMMIT = { text: 'COMMIT' };
const ROLLBACK = { text: 'ROLLBACK' };
const SAVEPOINT = { text: 'SAVEPOINT unit' };
const RELEASE = { text: 'RELEASE unit' };
const UNDO = { text: 'ROLLBACK TO unit' };

/** The id of a transaction that stores nothing which could be looked for later. */
async function readTransactionId(session: Session, batch: readonly UnitRows[]): Promise<string | undefined> {
  if (batch.some(({ runs, slots }) => slots.length > 0 || runs.some(({ events }) => events.length > 0)))
    return undefined;
  const { rows } = await send<{ id: string }>(session, { text: 'SELECT pg_current_xact_id()::text AS id' });
  return rows[0]?.id;
}
