import type Database from 'better-sqlite3';
import { DELIVERY_STATUSES, type DeliveryKey, type DeliveryStatus } from '../../core/delivery/delivery.js';
import type { EndedTry } from '../../core/delivery/tries.js';
import type {
  ClaimedDelivery,
  Deliveries,
  DeliveryFilter,
  DeliveryHost,
  DeliverySummary,
  PendingDeliveries,
  StoredDelivery,
} from '../deliveries.js';
import { attemptsOf, compareDeliveries, settleRow, type TriesRow } from '../delivery-rows.js';

/** How the store reads, and writes in a transaction. */
export interface Access {
  read<T>(work: () => T): T;
  write<T>(work: () => T): T;
}

interface PendingWrite {
  readonly work: () => DeliveryStatus | undefined;
  readonly resolve: (status: DeliveryStatus | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

const STATUSES = Object.keys(DELIVERY_STATUSES) as DeliveryStatus[];

/** Callbacks in a file, whose only server has its claims in memory: they end with it, and cost no write. */
export class SqliteDeliveries implements Deliveries {
  readonly #statements: Statements;
  /** The targets that have a claim. */
  readonly #claimed = new Set<string>();
  /** What tries came to, stored together: a sync of the disk for all that end in one turn. */
  #pending: PendingWrite[] = [];

  constructor(
    sqlite: Database.Database,
    private readonly access: Access,
  ) {
    this.#statements = prepareStatements(sqlite);
  }

  async list({ statuses = STATUSES, runId, after, limit }: DeliveryFilter): Promise<DeliverySummary[]> {
    const last = after ?? { createdAt: Number.MAX_SAFE_INTEGER, runId: '', seq: 0, target: 0 };
    const place = { ...keyOf(last), createdAt: last.createdAt };
    const { ofRun, ofStatus } = this.#statements;
    return this.access.read(() => {
      // One status after the other: together they would have to be sorted, all of them.
      const found = statuses.flatMap((status) =>
        runId === undefined
          ? ofStatus.all({ status, limit, ...place })
          : ofRun.all({ status, limit, ofRun: runId, ...place }),
      );
      return found.sort(compareDeliveries).slice(0, limit);
    });
  }

  async find(key: DeliveryKey): Promise<StoredDelivery | undefined> {
    const row = this.access.read(() => this.#statements.find.get(keyOf(key)));
    return row && { ...row, attempts: attemptsOf(row.attempts) };
  }

  async retry(key: DeliveryKey, now: number): Promise<'retried' | 'delivered' | 'missing'> {
    return this.access.write(() => {
      const row = this.#statements.tries.get(keyOf(key));
      if (row === undefined) return 'missing';
      if (row.status === 'delivered') return 'delivered';
      this.#statements.retry.run({ ...keyOf(key), now });
      this.#statements.reopen.run({ ...keyOf(key), now });
      return 'retried';
    });
  }

  async listHosts(after: string, limit: number): Promise<DeliveryHost[]> {
    return this.access.read(() => this.#statements.hosts.all({ after, limit }));
  }

  async claim(host: string, now: number, limit: number): Promise<ClaimedDelivery[]> {
    const due = this.access.read(() =>
      this.#statements.due
        .all({ host, now, limit: limit + this.#claimed.size })
        .filter((target) => !this.#claimed.has(claimOf(target)))
        .slice(0, limit)
        .flatMap((target) => this.#statements.head.get({ ...target }) ?? []),
    );
    return due.map((delivery) => {
      const claim = claimOf(delivery);
      this.#claimed.add(claim);
      return { ...delivery, host, claim };
    });
  }

  /** No other process takes claims over. */
  async extend(): Promise<void> {}

  async settle(
    claimed: ClaimedDelivery,
    ended: EndedTry,
    now: number,
    chance: number,
  ): Promise<DeliveryStatus | undefined> {
    const status = await this.#writeSoon(() => this.#settle(claimed, ended, now, chance));
    this.#claimed.delete(claimed.claim);
    return status;
  }

  async release({ claim }: ClaimedDelivery): Promise<void> {
    this.#claimed.delete(claim);
  }

  async nextDueAt(after: number): Promise<number | undefined> {
    return this.access.read(() => this.#statements.next.get({ after })?.nextAt);
  }

  async countPending(): Promise<PendingDeliveries> {
    const { count, oldestAt } = this.access.read(() => this.#statements.count.get({})) ?? { count: 0, oldestAt: null };
    return { count, oldestAt: oldestAt ?? undefined };
  }

  #settle(key: DeliveryKey, ended: EndedTry, now: number, chance: number): DeliveryStatus | undefined {
    const { tries, saveTries, giveUpAll, close, pending, makeDue } = this.#statements;
    const of = keyOf(key);
    const row = tries.get(of);
    const settled = row && settleRow(row, ended, now, chance);
    if (settled !== undefined) saveTries.run({ ...of, ...settled });
    if (settled?.status === 'gone') {
      giveUpAll.run({ ...of, now });
      close.run(of);
      return settled.status;
    }
    const head = pending.get(of);
    const isNext = head?.seq === key.seq && settled !== undefined;
    makeDue.run({ ...of, nextAt: head === undefined ? null : isNext ? settled.nextAt : now });
    return settled?.status ?? row?.status;
  }

  #writeSoon(work: PendingWrite['work']): Promise<DeliveryStatus | undefined> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ work, resolve, reject });
      if (this.#pending.length === 1) setImmediate(() => this.#writePending());
    });
  }

  #writePending(): void {
    const pending = this.#pending;
    this.#pending = [];
    try {
      const results = this.access.write(() => pending.map(({ work }) => work()));
      for (const [index, { resolve }] of pending.entries()) resolve(results[index]);
    } catch (thrown) {
      for (const { reject } of pending) reject(thrown);
    }
  }
}

function keyOf({ runId, seq, target }: DeliveryKey) {
  return { runId, seq, target };
}

function claimOf({ runId, target }: Omit<DeliveryKey, 'seq'>): string {
  return `${runId}/${target}`;
}

type Values = Readonly<Record<string, unknown>>;
type Head = Omit<ClaimedDelivery, 'host' | 'claim'>;
type Statements = ReturnType<typeof prepareStatements>;

function prepareStatements(sqlite: Database.Database) {
  return { ...prepareReads(sqlite), ...prepareTurns(sqlite), ...prepareWrites(sqlite) };
}

const IS_KEY = 'run_id = :runId AND seq = :seq AND target = :target';
const IS_TARGET = 'run_id = :runId AND target = :target';

function prepareReads(sqlite: Database.Database) {
  const read = <Row>(text: string) => sqlite.prepare<[Values], Row>(text);
  const summary = `d.run_id AS runId, d.seq, d.target, d.status, d.event, d.url, d.secret, d.created_at AS createdAt,
    d.settled_at AS settledAt, d.tries, CASE WHEN d.status = 'pending' AND d.seq =
      (SELECT min(p.seq) FROM deliveries p WHERE p.run_id = d.run_id AND p.target = d.target AND p.status = 'pending')
    THEN t.next_at END AS nextAt`;
  const from = `FROM deliveries d LEFT JOIN delivery_targets t ON t.run_id = d.run_id AND t.target = d.target`;
  return {
    ofStatus: read<DeliverySummary>(`SELECT ${summary} ${from}
      WHERE d.status = :status AND (d.created_at, d.run_id, d.seq, d.target) < (:createdAt, :runId, :seq, :target)
      ORDER BY d.created_at DESC, d.run_id DESC, d.seq DESC, d.target DESC LIMIT :limit`),
    // Within a run, seqs sort as times do.
    ofRun: read<DeliverySummary>(`SELECT ${summary} ${from}
      WHERE d.run_id = :ofRun AND d.status = :status AND (:runId = '' OR (d.seq, d.target) < (:seq, :target))
      ORDER BY d.seq DESC, d.target DESC LIMIT :limit`),
    find: read<Omit<StoredDelivery, 'attempts'> & { attempts: string }>(
      `SELECT ${summary}, d.attempts, d.body ${from} WHERE d.run_id = :runId AND d.seq = :seq AND d.target = :target`,
    ),
    tries: read<TriesRow>(`SELECT status, tries, retries, since, attempts FROM deliveries WHERE ${IS_KEY}`),
    count: read<{ count: number; oldestAt: number | null }>(
      `SELECT count(*) AS count, min(created_at) AS oldestAt FROM deliveries WHERE status = 'pending'`,
    ),
  };
}

/** Whose turn it is. */
function prepareTurns(sqlite: Database.Database) {
  const read = <Row>(text: string) => sqlite.prepare<[Values], Row>(text);
  return {
    // One look into the index for each host, however many callbacks it has.
    hosts: read<DeliveryHost>(`WITH RECURSIVE hosts (host, next_at) AS (
        SELECT * FROM (SELECT host, next_at FROM delivery_targets
          WHERE host > :after AND next_at IS NOT NULL ORDER BY host, next_at LIMIT 1)
        UNION ALL
        SELECT t.host, t.next_at FROM hosts JOIN delivery_targets t ON t.rowid =
          (SELECT n.rowid FROM delivery_targets n
            WHERE n.host > hosts.host AND n.next_at IS NOT NULL ORDER BY n.host, n.next_at LIMIT 1)
        LIMIT :limit
      ) SELECT host, next_at AS nextAt FROM hosts`),
    due: read<{ runId: string; target: number }>(`SELECT run_id AS runId, target FROM delivery_targets
      WHERE host = :host AND next_at <= :now ORDER BY next_at LIMIT :limit`),
    head: read<Head>(`SELECT run_id AS runId, seq, target, event, url, secret, body, retries FROM deliveries
      WHERE ${IS_TARGET} AND status = 'pending' ORDER BY seq LIMIT 1`),
    pending: read<{ seq: number }>(
      `SELECT seq FROM deliveries WHERE ${IS_TARGET} AND status = 'pending' ORDER BY seq LIMIT 1`,
    ),
    next: read<{ nextAt: number }>(
      'SELECT next_at AS nextAt FROM delivery_targets WHERE next_at > :after ORDER BY next_at LIMIT 1',
    ),
  };
}

function prepareWrites(sqlite: Database.Database) {
  const write = (text: string) => sqlite.prepare<[Values]>(text);
  return {
    saveTries: write(`UPDATE deliveries SET status = :status, tries = :tries, attempts = :attempts,
      settled_at = :settledAt WHERE ${IS_KEY}`),
    giveUpAll: write(
      `UPDATE deliveries SET status = 'gone', settled_at = :now WHERE ${IS_TARGET} AND status = 'pending'`,
    ),
    close: write(`UPDATE delivery_targets SET next_at = NULL, is_gone = 1 WHERE ${IS_TARGET}`),
    makeDue: write(`UPDATE delivery_targets SET next_at = :nextAt WHERE ${IS_TARGET}`),
    retry: write(`UPDATE deliveries SET status = 'pending', tries = 0, retries = retries + 1, since = :now,
      settled_at = NULL WHERE ${IS_KEY}`),
    reopen: write(`UPDATE delivery_targets SET next_at = :now, is_gone = 0 WHERE ${IS_TARGET}`),
  };
}
