import { createHash } from 'node:crypto';
import { type JobAttempt, type JobInsert, type JobWithMetadata, PgBoss } from 'pg-boss';
import type { Session } from './connection.js';
import { type Statements, statementsOn } from './job-statements.js';

/** A job for each time that a run is due: whoever has it active drives the run. At most one is active for a run. */
const DRIVE = 'drive';
/** A job for each run that may be what ends its process, with the id of the run. At most one of all is active. */
const SUSPECTS = 'suspects';
/** Jobs that were lost more often than any run can be. Nothing reads it. */
const DEAD = 'dead';

const HOUR_S = 3600;
/** How long a job can be active, in seconds; pg-boss allows no more. */
const EXPIRES_S = 24 * HOUR_S;
/** How long a job can wait after its time, in seconds. */
const KEPT_S = 365 * 24 * HOUR_S;
/** Only a net: how often a run may be lost is counted in its journal. */
const RETRY_LIMIT = 1000;
/**
 * Jobs with a time are fetched so long before it, in milliseconds: clocks are compared to some milliseconds only, and a
 * transaction takes some. Who fetches one keeps it until its time.
 */
export const EARLY_MS = 50;
/** Jobs that are fetched at a time. */
export const MAX_FETCHED = 1000;

/** Runs that begin are due after all that go on. */
const BEGINS = 0;
const GOES_ON = 10;
/** Of a job that the transaction which makes it claims too, so that it is the only one. */
const MINE = 1_000_000;

/** What a job tells whoever claims it. */
export interface JobData {
  /** The run was never claimed. */
  readonly isNew?: true;
  /** When the run is due, in milliseconds since 1970, if that was later than when the job was made. */
  readonly at?: number;
  /** Whoever had the run before has not let it go, or has not got on with what another one left. */
  readonly isTakeover?: true;
  /** The run could not be driven, and is tried again after a long while. */
  readonly isAside?: true;
}

/** A job for a run that is due. */
export interface NewJob {
  readonly runId: string;
  readonly begins?: boolean;
  /** How long until it is due, in milliseconds. */
  readonly afterMs: number;
  /** Omitted if somebody may have the run at the moment. */
  readonly data?: JobData;
  /** What its run needs that whoever makes it does not have: those who do not have it either can pass over it. */
  readonly needs?: string | undefined;
}

/** A job that was claimed. */
export interface ClaimedJob extends JobAttempt {
  readonly runId: string;
  readonly data: JobData;
  /** It was made by what woke the run, perhaps while somebody had it. Any other was made when nobody had it any more. */
  readonly isWake: boolean;
  /** It was made for a run that begins. */
  readonly begins: boolean;
  /** After so long without a touch, others can claim it. */
  readonly heartbeatSeconds: number;
}

export interface JobQueuesOptions {
  /** Takes what pg-boss sends by itself. */
  readonly session: Session;
  /** The schema with the tables of the store. */
  readonly schema: string;
  /** A claim is lost if nothing was heard of it for so long. */
  readonly heartbeatSeconds: number;
  /** Called after each statement that pg-boss sends by itself. */
  readonly onSuccess: () => void;
  readonly onError: (error: unknown) => void;
  readonly onWarning: (warning: object) => void;
}

/** The queues of pg-boss that say which runs are due. Each method works on a session, which can be a transaction. */
export class JobQueues {
  readonly #boss: PgBoss;

  constructor(private readonly options: JobQueuesOptions) {
    this.#boss = new PgBoss({
      db: statementsOn(options.session, options.onSuccess),
      schema: `"${jobsSchemaOf(options.schema)}"`,
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      schedule: false,
      registerInstance: false,
      openTelemetry: { enabled: false },
      // How many runs may wait is a setting of ours.
      warningQueueSize: 2 ** 31 - 1,
    });
    this.#boss.on('error', options.onError);
    this.#boss.on('warning', options.onWarning);
  }

  /** Makes what is not there yet, and begins to look after claims that nobody touches. */
  async start(): Promise<void> {
    const { heartbeatSeconds } = this.options;
    const common = { heartbeatSeconds, expireInSeconds: EXPIRES_S, retryLimit: RETRY_LIMIT, retentionSeconds: KEPT_S };
    const boss = this.#boss;
    await boss.start();
    await boss.createQueue(DEAD, { retentionSeconds: KEPT_S });
    await boss.createQueue(DRIVE, { ...common, policy: 'stately', partition: true, retryDelay: 0, deadLetter: DEAD });
    await boss.createQueue(SUSPECTS, { ...common, policy: 'singleton', retryDelay: 0, deadLetter: DEAD });
    // What a process was started with counts from here on, for all.
    await boss.updateQueue(DRIVE, { heartbeatSeconds });
    await boss.updateQueue(SUSPECTS, { heartbeatSeconds });
  }

  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false });
  }

  /**
   * Adds jobs. A run that has one in the queue keeps that, and gets only the data if there is any worth handing on: what
   * woke it is not put off.
   */
  async insert(session: Session, jobs: readonly NewJob[]): Promise<void> {
    const db = statementsOn(session);
    if (jobs.length > 0) await this.#boss.insert(DRIVE, jobs.map(jobOf), { db });
  }

  /** Adds a job of a run that was claimed until now. */
  async insertAgain(session: Session, job: NewJob): Promise<void> {
    const db = statementsOn(session);
    const inserted = await this.#boss.insert(DRIVE, [jobOf(job)], { db, returnId: true });
    if (inserted !== null || !job.data?.isTakeover) return;
    await this.#boss.update(DRIVE, { isTakeover: true }, { singletonKey: job.runId, db });
  }

  /**
   * Makes runs due at once. An insert is not enough: one that finds a job in the queue is dropped, and the job can be
   * taken and done before the transaction ends, so that nobody sees what it has stored. This locks that job instead.
   * @param runIds sorted, so that two transactions never wait for each other
   */
  async wake(session: Session, runIds: readonly string[]): Promise<void> {
    await Promise.all(runIds.map((runId) => this.#wake(statementsOn(session), runId, GOES_ON)));
  }

  /**
   * Makes runs due that have waited for their turn, behind those that are due by now.
   * @param runIds sorted, as for {@link wake}
   */
  async begin(session: Session, runIds: readonly string[]): Promise<void> {
    await Promise.all(runIds.map((runId) => this.#wake(statementsOn(session), runId, BEGINS)));
  }

  async #wake(db: Statements, runId: string, priority: number): Promise<void> {
    const options = { singletonKey: runId, startAfter: 0, priority, db };
    for (;;) {
      // Without data, a job that is there keeps its own.
      const { updated, inserted } = await this.#boss.upsert(DRIVE, undefined, options);
      // Else a job was in the way that was claimed before it could be changed.
      if (updated + inserted > 0) return;
    }
  }

  /** Deletes claims that hold; resolves with the ids of their jobs. */
  async endClaims(session: Session, attempts: readonly JobAttempt[]): Promise<ReadonlySet<string>> {
    return settledBy(await this.#boss.deleteJob(DRIVE, [...attempts], { db: statementsOn(session) }));
  }

  /** Says that claims are still at work; resolves with the ids of the jobs of those that hold. */
  async touchClaims(session: Session, attempts: readonly JobAttempt[]): Promise<ReadonlySet<string>> {
    return settledBy(await this.#boss.touch(DRIVE, [...attempts], { db: statementsOn(session) }));
  }

  /**
   * Claims runs that are due, in order.
   * @param exceptNeeds what those need that are not to be claimed
   */
  async fetch(session: Session, limit: number, exceptNeeds: readonly string[] = []): Promise<ClaimedJob[]> {
    const options = { ignoreGroups: [...exceptNeeds], includeMetadata: true as const, db: statementsOn(session) };
    const fetched: JobWithMetadata<JobData | null>[] = [];
    for (let left = Math.min(limit, MAX_FETCHED); left > 0; left = Math.min(limit, MAX_FETCHED) - fetched.length) {
      // The size stands in the text of the statement, which is planned once for each text.
      const batchSize = 2 ** Math.floor(Math.log2(left));
      const jobs = await this.#boss.fetch<JobData | null>(DRIVE, { ...options, batchSize });
      fetched.push(...jobs);
      if (jobs.length < batchSize) break;
    }
    return fetched.sort(inOrder).map(claimedJobOf);
  }

  /**
   * Takes the jobs of a run that are in the queue out of it; resolves with whether one of them was lost by whoever had
   * it, or was handed on by somebody who had it so.
   */
  async removeQueued(session: Session, runId: string): Promise<{ isRemoved: boolean; isTakeover: boolean }> {
    const db = statementsOn(session);
    const jobs = await this.#boss.findJobs<JobData | null>(DRIVE, { key: runId, queued: true, db });
    const ids = jobs.map(({ id }) => id);
    if (ids.length > 0) await this.#boss.deleteJob(DRIVE, ids, { db });
    return { isRemoved: ids.length > 0, isTakeover: jobs.some((job) => isLost(job) || job.data?.isTakeover === true) };
  }

  /**
   * Takes what another process has lost of a run out of the queue, because the run has been claimed with another job
   * that had woken it meanwhile; says whether there was something.
   */
  async removeLost(session: Session, runId: string): Promise<boolean> {
    const db = statementsOn(session);
    const jobs = await this.#boss.findJobs(DRIVE, { key: runId, queued: true, db });
    const ids = jobs.filter(isLost).map(({ id }) => id);
    if (ids.length > 0) await this.#boss.deleteJob(DRIVE, ids, { db });
    return ids.length > 0;
  }

  /**
   * Makes a job of a run and claims it, in the transaction that `session` is.
   * @returns undefined if somebody else has the run; the transaction must then be undone
   */
  async claim(session: Session, runId: string): Promise<ClaimedJob | undefined> {
    const db = statementsOn(session);
    await this.#boss.insert(DRIVE, [{ singletonKey: runId, priority: MINE }], { db });
    const [job] = await this.#boss.fetch<JobData | null>(DRIVE, { minPriority: MINE, includeMetadata: true, db });
    if (job === undefined) return undefined;
    const claimed = claimedJobOf(job);
    // Of a process that died with such a job. The transaction is undone, and the job is fetched like any other.
    if (claimed.runId !== runId) throw new Error(`The job of ${claimed.runId} was in the way of ${runId}.`);
    return claimed;
  }

  /** Puts a run among the suspects. One that is there stays. */
  async addSuspect(session: Session, runId: string): Promise<void> {
    await this.#boss.insert(SUSPECTS, [{ id: runId }], { db: statementsOn(session) });
  }

  /** Takes runs from among the suspects, whoever has them; resolves with those that were there. */
  async removeSuspects(session: Session, runIds: readonly string[]): Promise<ReadonlySet<string>> {
    return settledBy(await this.#boss.deleteJob(SUSPECTS, [...runIds], { db: statementsOn(session) }));
  }

  /** The next suspect, if none is being tried, in any process; its job has the id of the run. */
  async fetchSuspect(session: Session): Promise<JobAttempt | undefined> {
    const [job] = await this.#boss.fetch(SUSPECTS, { includeMetadata: true, db: statementsOn(session) });
    return job === undefined ? undefined : { id: job.id, retryCount: job.retryCount };
  }

  /** Has the next suspect tried, if this one is still being tried. */
  async endSuspects(session: Session, attempts: readonly JobAttempt[]): Promise<void> {
    await this.#boss.deleteJob(SUSPECTS, [...attempts], { db: statementsOn(session) });
  }

  async touchSuspects(session: Session, attempts: readonly JobAttempt[]): Promise<void> {
    await this.#boss.touch(SUSPECTS, [...attempts], { db: statementsOn(session) });
  }

  /** Makes runs due that were put aside. */
  async wakeAside(session: Session): Promise<void> {
    const db = statementsOn(session);
    const jobs = await this.#boss.findJobs(DRIVE, { data: { isAside: true }, queued: true, db });
    for (const { id } of jobs) await this.#boss.update(DRIVE, undefined, { id, startAfter: 0, db });
  }

  /** Puts queued runs that begin among those that go on. */
  async hasten(session: Session, runIds: readonly string[]): Promise<void> {
    const options = { priority: GOES_ON, db: statementsOn(session) };
    for (const singletonKey of runIds) await this.#boss.update(DRIVE, undefined, { ...options, singletonKey });
  }

  /** How many runs were due and not claimed when pg-boss last counted them, which it does once a second. */
  async depth(): Promise<number> {
    const queues = await this.#boss.getQueues([DRIVE, SUSPECTS]);
    return queues.reduce((sum, { readyCount }) => sum + readyCount, 0);
  }
}

/** The schema of the queues, beside that of the store. */
export function jobsSchemaOf(schema: string): string {
  if (/^[a-z_]\w{0,42}$/.test(schema)) return `${schema}_pgboss`;
  // pg-boss refuses longer names, and some characters.
  return `pgboss_${createHash('sha256').update(schema).digest('hex').slice(0, 32)}`;
}

function jobOf({ runId, begins = false, afterMs, data, needs }: NewJob): JobInsert<JobData> {
  const group = needs === undefined ? {} : { group: { id: needs } };
  const job = { singletonKey: runId, priority: begins ? BEGINS : GOES_ON, ...(data && { data }), ...group };
  const startMs = data?.at === undefined ? afterMs : afterMs - EARLY_MS;
  // The clock of the database counts from here, so the job says how long, and not when.
  return startMs > 0 ? { ...job, startAfter: `${startMs / 1000} seconds` } : job;
}

function claimedJobOf({ singletonKey, data, ...job }: JobWithMetadata<JobData | null>): ClaimedJob {
  const { id, retryCount, heartbeatSeconds, priority } = job;
  if (singletonKey === null || heartbeatSeconds === null) throw new Error(`Job ${id} is not one of a run.`);
  return {
    id,
    retryCount,
    runId: singletonKey,
    data: data ?? {},
    isWake: data === null,
    begins: priority === BEGINS,
    heartbeatSeconds,
  };
}

/** Those that go on before those that begin, each group in the order in which it became due. Run ids sort by time. */
function inOrder(a: JobWithMetadata<unknown>, b: JobWithMetadata<unknown>): number {
  const byTime = a.createdOn.getTime() - b.createdOn.getTime();
  return b.priority - a.priority || byTime || ((a.singletonKey ?? '') < (b.singletonKey ?? '') ? -1 : 1);
}

/** The jobs that a command has changed. pg-boss answers with them, though its types do not say so; a test of ours does. */
function settledBy(response: object): ReadonlySet<string> {
  const { settled } = response as { settled?: readonly string[] };
  if (settled === undefined) throw new Error('pg-boss does not say which jobs it has changed.');
  return new Set(settled);
}

/** True for a job whose holder was not heard of any more. */
function isLost({ state }: JobWithMetadata<unknown>): boolean {
  return state === 'retry';
}
