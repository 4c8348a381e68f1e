import type pg from 'pg';
import type { Unit } from '../store.js';
import type { Pools, Session } from './connection.js';

/** What somebody who takes part in commits can use when a server starts. */
export interface StartContext {
  /** The connection that holds the lock of starts: no other server prepares the database at the same time. */
  readonly client: pg.Client;
  readonly pools: Pools;
  /** The schema with the tables of the store. */
  readonly schema: string;
}

/**
 * Takes part in the commits of the store: the queue, whose jobs are stored and deleted in the transactions that store what
 * runs have done. It keeps to the tables that it has itself.
 */
export interface CommitParticipant {
  /** Prepares its own tables, under the lock of starts. */
  prepare(context: StartContext): Promise<void>;
  /**
   * Stores what follows from units, in their transaction, after their own rows. Called again with the same units if a
   * batch has to be written once more, then mostly with one unit at a time. Everything is undone together with the units.
   * @param begun runs that the transaction has given a slot to begin with
   * @param transaction sends statements one behind the other; those that need not wait for each other need no await
   * @throws ConflictError if the claim that a unit is `done` with does not hold any more. Of several units, none is then
   * stored, and each is tried by itself.
   */
  write(transaction: Session, units: readonly Unit[], begun?: readonly string[]): Promise<void>;
  /** Called after a commit, before anybody else hears of it. Must not throw. */
  committed(units: readonly Unit[]): void;
}
