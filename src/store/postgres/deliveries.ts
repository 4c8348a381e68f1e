import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { DELIVERY_STATUSES, type DeliveryKey, type DeliveryStatus } from '../../core/delivery/delivery.js';
import type { EndedTry } from '../../core/delivery/tries.js';
import {
  CLAIM_MS,
  type ClaimedDelivery,
  type Deliveries,
  type DeliveryFilter,
  type DeliveryHost,
  type DeliverySummary,
  type PendingDeliveries,
  type StoredDelivery,
} from '../deliveries.js';
import { attemptsOf, compareDeliveries, settleRow, type TriesRow } from '../delivery-rows.js';
import { isRunId } from './column-values.js';
import { type Session, send } from './connection.js';
import { inTransaction } from './transaction.js';

/** How the store reads and writes. */
export interface Access {
  read<T>(work: () => Promise<T>): Promise<T>;
  write<T>(work: () => Promise<T>): Promise<T>;
}

const STATUSES = Object.keys(DELIVERY_STATUSES) as DeliveryStatus[];
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Callbacks on a database that servers share. Whoever changes one has the row of its target locked, and waits for no other
 * such row; so nobody waits in a circle. A claim is the right to try the first one of a target, and is lost unless it is extended.
 */
export class PostgresDeliveries implements Deliveries {
  constructor(
    private readonly pool: pg.Pool,
    private readonly access: Access,
  ) {}

  async list({ statuses = STATUSES, runId, after, limit }: DeliveryFilter): Promise<DeliverySummary[]> {
    if (runId !== undefined && !isRunId(runId)) return [];
    const last = after ?? { createdAt: Number.MAX_SAFE_INTEGER, runId: FIRST_ID, seq: 0, target: 0 };
    const place = [last.createdAt, last.runId, last.seq, last.target];
    // One status after the other: together they would have to be sorted, all of them.
    const found = await this.access.read(() =>
      Promise.all(
        statuses.map(async (status) => {
          const { rows } =
            runId === undefined
              ? await send<Row<DeliverySummary>>(this.pool, { ...LIST, values: [status, limit, ...place] })
              : await send<Row<DeliverySummary>>(this.pool, {
                  ...LIST_OF_RUN,
                  values: [status, limit, runId, after === undefined, last.seq, last.target],
                });
          return rows;
        }),
      ),
    );
    return found.flat().sort(compareDeliveries).slice(0, limit);
  }

  async find(key: DeliveryKey): Promise<StoredDelivery | undefined> {
    const found = await this.access.read(() =>
      send<Row<Omit<StoredDelivery, 'attempts'> & { attempts: string }>>(this.pool, { ...FIND, values: keyOf(key) }),
    );
    const [row] = found.rows;
    return row && { ...row, attempts: attemptsOf(row.attempts) };
  }

  async retry(key: DeliveryKey, now: number): Promise<'retried' | 'delivered' | 'missing'> {
    return this.#change(async (session) => {
      const target = await send<{ claim: string | null; nextAt: number | null }>(session, {
        ...LOCK,
        values: targetOf(key),
      });
      const { rows } = await send<Row<TriesRow>>(session, { ...TRIES, values: keyOf(key) });
      const [row] = rows;
      const [stored] = target.rows;
      if (row === undefined || stored === undefined) return 'missing';
      if (row.status === 'delivered') return 'delivered';
      await send(session, { ...RETRY, values: [...keyOf(key), now] });
      // Whoever tries one of the target at the moment makes this one due when that is over.
      const isClaimed = stored.claim !== null && stored.nextAt !== null && stored.nextAt > now;
      await send(session, { ...REOPEN, values: [...targetOf(key), isClaimed ? stored.nextAt : now] });
      return 'retried';
    });
  }

  async listHosts(after: string, limit: number): Promise<DeliveryHost[]> {
    const query = { ...HOSTS, values: [after, limit] };
    return (await this.access.read(() => send<Row<DeliveryHost>>(this.pool, query))).rows;
  }

  async claim(host: string, now: number, limit: number): Promise<ClaimedDelivery[]> {
    const claim = randomUUID();
    const heads = await this.#change(async (session) => {
      const values = [host, now, limit, now + CLAIM_MS, claim];
      const { rows } = await send<Row<Omit<DeliveryKey, 'seq'>>>(session, { ...CLAIM, values });
      if (rows.length === 0) return [];
      const targets = [rows.map(({ runId }) => runId), rows.map(({ target }) => target)];
      // A statement of its own, which sees what was settled before the rows were locked.
      return (await send<Row<Omit<ClaimedDelivery, 'host' | 'claim'>>>(session, { ...HEADS, values: targets })).rows;
    });
    return heads.map((delivery) => ({ ...delivery, host, claim }));
  }

  async extend(claims: readonly ClaimedDelivery[], now: number): Promise<void> {
    const values = [
      claims.map(({ runId }) => runId),
      claims.map(({ target }) => target),
      claims.map(({ claim }) => claim),
      now + CLAIM_MS,
    ];
    await this.access.write(() => send(this.pool, { ...EXTEND, values }));
  }

  async settle(
    claimed: ClaimedDelivery,
    ended: EndedTry,
    now: number,
    chance: number,
  ): Promise<DeliveryStatus | undefined> {
    return this.#change(async (session) => {
      if (!(await isHeld(session, claimed))) return undefined;
      const { rows } = await send<Row<TriesRow>>(session, { ...TRIES, values: keyOf(claimed) });
      const [row] = rows;
      const settled = row && settleRow(row, ended, now, chance);
      if (settled !== undefined) {
        const { status, tries, attempts, settledAt } = settled;
        await send(session, { ...SAVE_TRIES, values: [...keyOf(claimed), status, tries, attempts, settledAt] });
      }
      if (settled?.status === 'gone') {
        await send(session, { ...GIVE_UP_ALL, values: [...targetOf(claimed), now] });
        await send(session, { ...CLOSE, values: targetOf(claimed) });
        return settled.status;
      }
      const head = await send<{ seq: number }>(session, { ...PENDING, values: targetOf(claimed) });
      const [next] = head.rows;
      const isNext = next?.seq === claimed.seq && settled !== undefined;
      const nextAt = next === undefined ? null : isNext ? settled.nextAt : now;
      await send(session, { ...MAKE_DUE, values: [...targetOf(claimed), nextAt] });
      return settled?.status ?? row?.status;
    });
  }

  async release(claimed: ClaimedDelivery, now: number): Promise<void> {
    await this.#change(async (session) => {
      if (await isHeld(session, claimed)) await send(session, { ...MAKE_DUE, values: [...targetOf(claimed), now] });
    });
  }

  async nextDueAt(after: number): Promise<number | undefined> {
    const { rows } = await this.access.read(() =>
      send<{ nextAt: number }>(this.pool, { ...NEXT, values: [Math.floor(after)] }),
    );
    return rows[0]?.nextAt;
  }

  async countPending(): Promise<PendingDeliveries> {
    const { rows } = await this.access.read(() =>
      send<{ count: number; oldestAt: number | null }>(this.pool, { ...COUNT, values: [] }),
    );
    return { count: rows[0]?.count ?? 0, oldestAt: rows[0]?.oldestAt ?? undefined };
  }

  #change<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.access.write(() => inTransaction(this.pool, work));
  }
}

type Row<T> = T & pg.QueryResultRow;

/** True if nobody has taken the claim over. Then the target is locked. */
async function isHeld(session: Session, claimed: ClaimedDelivery): Promise<boolean> {
  const { rows } = await send<{ claim: string | null }>(session, { ...LOCK, values: targetOf(claimed) });
  return rows[0]?.claim === claimed.claim;
}

function keyOf({ runId, seq, target }: DeliveryKey): unknown[] {
  return [runId, seq, target];
}

function targetOf({ runId, target }: DeliveryKey): unknown[] {
  return [runId, target];
}

function statement(name: string, text: string) {
  return { name: `deliveries_${name}`, text };
}

const SUMMARY = `d.run_id::text AS "runId", d.seq, d.target, d.status, d.event, d.url, d.secret,
  d.created_at AS "createdAt", d.settled_at AS "settledAt", d.tries, CASE WHEN d.status = 'pending' AND d.seq =
    (SELECT p.seq FROM deliveries p WHERE p.run_id = d.run_id AND p.target = d.target AND p.status = 'pending'
      ORDER BY p.seq LIMIT 1)
  THEN t.next_at END AS "nextAt"`;
const FROM = 'FROM deliveries d LEFT JOIN delivery_targets t ON t.run_id = d.run_id AND t.target = d.target';
const IS_KEY = 'run_id = $1::uuid AND seq = $2::integer AND target = $3::integer';
const IS_TARGET = 'run_id = $1::uuid AND target = $2::integer';

const LIST = statement(
  'list',
  `SELECT ${SUMMARY} ${FROM} WHERE d.status = $1
    AND (d.created_at, d.run_id, d.seq, d.target) < ($3::bigint, $4::uuid, $5::integer, $6::integer)
  ORDER BY d.created_at DESC, d.run_id DESC, d.seq DESC, d.target DESC LIMIT $2::integer`,
);
// Within a run, seqs sort as times do.
const LIST_OF_RUN = statement(
  'list_of_run',
  `SELECT ${SUMMARY} ${FROM} WHERE d.run_id = $3::uuid AND d.status = $1
    AND ($4::boolean OR (d.seq, d.target) < ($5::integer, $6::integer))
  ORDER BY d.seq DESC, d.target DESC LIMIT $2::integer`,
);
const FIND = statement(
  'find',
  `SELECT ${SUMMARY}, d.attempts, d.body ${FROM}
  WHERE d.run_id = $1::uuid AND d.seq = $2::integer AND d.target = $3::integer`,
);
const TRIES = statement('tries', `SELECT status, tries, retries, since, attempts FROM deliveries WHERE ${IS_KEY}`);
const LOCK = statement('lock', `SELECT claim, next_at AS "nextAt" FROM delivery_targets WHERE ${IS_TARGET} FOR UPDATE`);
const RETRY = statement(
  'retry',
  `UPDATE deliveries SET status = 'pending', tries = 0, retries = retries + 1, since = $4::bigint, settled_at = NULL
  WHERE ${IS_KEY}`,
);
const REOPEN = statement(
  'reopen',
  `UPDATE delivery_targets SET next_at = $3::bigint, is_gone = false WHERE ${IS_TARGET}`,
);
// One look into the index for each host, however many callbacks it has.
const HOSTS = statement(
  'hosts',
  `WITH RECURSIVE hosts (host, next_at) AS (
    (SELECT host, next_at FROM delivery_targets
      WHERE host > $1 AND next_at IS NOT NULL ORDER BY host, next_at LIMIT 1)
    UNION ALL
    SELECT n.host, n.next_at FROM hosts, LATERAL (SELECT t.host, t.next_at FROM delivery_targets t
      WHERE t.host > hosts.host AND t.next_at IS NOT NULL ORDER BY t.host, t.next_at LIMIT 1) AS n
  ) SELECT host, next_at AS "nextAt" FROM hosts LIMIT $2::integer`,
);
const CLAIM = statement(
  'claim',
  `WITH due AS (
    SELECT run_id, target FROM delivery_targets WHERE host = $1 AND next_at <= $2::bigint
    ORDER BY next_at LIMIT $3::integer FOR UPDATE SKIP LOCKED
  ) UPDATE delivery_targets t SET next_at = $4::bigint, claim = $5 FROM due
  WHERE t.run_id = due.run_id AND t.target = due.target RETURNING t.run_id::text AS "runId", t.target`,
);
const HEADS = statement(
  'heads',
  `SELECT d.run_id::text AS "runId", d.seq, d.target, d.event, d.url, d.secret, d.body, d.retries
  FROM unnest($1::uuid[], $2::integer[]) AS t(run_id, target), LATERAL (SELECT * FROM deliveries
    WHERE run_id = t.run_id AND target = t.target AND status = 'pending' ORDER BY seq LIMIT 1) AS d`,
);
// What somebody has locked is extended the next time: who waits for several rows could wait in a circle.
const EXTEND = statement(
  'extend',
  `WITH held AS (
    SELECT t.run_id, t.target FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS given(run_id, target, claim)
    JOIN delivery_targets t ON t.run_id = given.run_id AND t.target = given.target
    WHERE t.claim = given.claim FOR UPDATE OF t SKIP LOCKED
  ) UPDATE delivery_targets t SET next_at = $4::bigint FROM held
  WHERE t.run_id = held.run_id AND t.target = held.target`,
);
const SAVE_TRIES = statement(
  'save_tries',
  `UPDATE deliveries SET status = $4, tries = $5::integer, attempts = $6, settled_at = $7::bigint WHERE ${IS_KEY}`,
);
const GIVE_UP_ALL = statement(
  'give_up_all',
  `UPDATE deliveries SET status = 'gone', settled_at = $3::bigint WHERE ${IS_TARGET} AND status = 'pending'`,
);
const CLOSE = statement(
  'close',
  `UPDATE delivery_targets SET next_at = NULL, claim = NULL, is_gone = true WHERE ${IS_TARGET}`,
);
const PENDING = statement(
  'pending',
  `SELECT seq FROM deliveries WHERE ${IS_TARGET} AND status = 'pending' ORDER BY seq LIMIT 1`,
);
const MAKE_DUE = statement(
  'make_due',
  `UPDATE delivery_targets SET next_at = $3::bigint, claim = NULL WHERE ${IS_TARGET}`,
);
const NEXT = statement(
  'next',
  'SELECT next_at AS "nextAt" FROM delivery_targets WHERE next_at > $1::bigint ORDER BY next_at LIMIT 1',
);
const COUNT = statement(
  'count',
  `SELECT count(*) AS count, min(created_at) AS "oldestAt" FROM deliveries WHERE status = 'pending'`,
);
